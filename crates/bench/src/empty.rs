//! What a server costs that does nothing: it reads a JSON body and answers with one.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// Serves until the process is ended; the first line printed is the address.
pub(crate) async fn serve() {
    let app = Router::new().route("/", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

async fn answer(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({ "to": body["to"], "status": "pending" }))
}
