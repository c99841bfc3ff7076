//! Drives Chromium: the WebDriver protocol, as far as these tests need it.
//!
//! The crates that are usual for this bring a second clock, which the project does without, and of the protocol a dozen
//! calls are needed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earnest_bench::client::Client;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long is waited for something to be on a page.
const PATIENCE: Duration = Duration::from_secs(30);
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// A browser.
pub struct Chrome {
    client: Client,
    session: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Chrome {
    /// Starts a browser with a profile of its own.
    pub async fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let driver = Command::new("chromedriver")
            .arg(format!("--port={}", address.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}; install chromium-driver"));
        let mut client = connect(address).await;
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let body = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
        } } });
        let begun = call(&mut client, "/session", &body).await;
        let session = begun["sessionId"].as_str().unwrap().to_owned();
        Self {
            client,
            session,
            driver,
            _profile: profile,
        }
    }

    async fn post(&mut self, what: &str, body: Value) -> Value {
        let path = format!("/session/{}/{what}", self.session);
        call(&mut self.client, &path, &body).await
    }

    /// Speaks to the browser itself, in the words of its own protocol.
    pub async fn cdp(&mut self, cmd: &str, params: Value) -> Value {
        let body = json!({ "cmd": cmd, "params": params });
        self.post("goog/cdp/execute", body).await
    }

    pub async fn go(&mut self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Runs a function's body in the page and returns what it returns.
    pub async fn run(&mut self, script: &str, arguments: Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.post("execute/sync", body).await
    }

    /// Runs a function's body that calls its last argument with its result.
    pub async fn run_until(&mut self, script: &str, arguments: Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.post("execute/async", body).await
    }

    async fn find(&mut self, css: &str) -> String {
        let body = json!({ "using": "css selector", "value": css });
        let found = self.post("element", body).await;
        let id = found
            .as_object()
            .and_then(|it| it.values().next())
            .and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("nothing on the page is `{css}`: {found}"))
            .to_owned()
    }

    pub async fn click(&mut self, css: &str) {
        let id = self.find(css).await;
        self.post(&format!("element/{id}/click"), json!({})).await;
    }

    pub async fn write(&mut self, css: &str, text: &str) {
        let id = self.find(css).await;
        let body = json!({ "text": text });
        self.post(&format!("element/{id}/value"), body).await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&mut self, key: &str) {
        let down = json!({ "type": "keyDown", "value": key });
        let up = json!({ "type": "keyUp", "value": key });
        let body = json!({ "actions": [{ "type": "key", "id": "keys", "actions": [down, up] }] });
        self.post("actions", body).await;
    }

    /// Returns the words of the page, as they are shown; nothing while it begins to load.
    async fn words(&mut self) -> Option<String> {
        let script = "return document.querySelector('main')?.innerText";
        let words = self.run(script, json!([])).await;
        let words = words.as_str()?.split_whitespace();
        Some(words.collect::<Vec<_>>().join(" "))
    }

    pub async fn path(&mut self) -> String {
        let path = self
            .run("return location.pathname + location.search", json!([]))
            .await;
        path.as_str().unwrap().to_owned()
    }

    /// Waits until words are on the page.
    pub async fn wait_for(&mut self, words: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            // A page that is followed by another is gone for a moment.
            let shown = self.words().await;
            if shown.as_ref().is_some_and(|shown| shown.contains(words)) {
                return;
            }
            assert!(
                Instant::now() < until,
                "`{words}` never came; the page says: {shown:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a condition holds in the page.
    pub async fn wait_until(&mut self, condition: &str) {
        let until = Instant::now() + PATIENCE;
        while self
            .run(&format!("return !!({condition})"), json!([]))
            .await
            != json!(true)
        {
            assert!(Instant::now() < until, "`{condition}` never held");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Chooses the width of the window, and the light or the dark.
    pub async fn look(&mut self, width: u32, is_dark: bool) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let value = if is_dark { "dark" } else { "light" };
        let feature = json!({ "name": "prefers-color-scheme", "value": value });
        self.cdp(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )
        .await;
    }

    pub async fn scripts(&mut self, are_on: bool) {
        self.cdp(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": !are_on }),
        )
        .await;
    }

    /// Takes a picture of the page, down to so many pixels.
    pub async fn picture(&mut self, most: u64) -> Vec<u8> {
        let size = self
            .run(
                "return [innerWidth, document.documentElement.scrollHeight]",
                json!([]),
            )
            .await;
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1].as_u64().unwrap().min(most), "scale": 1 });
        let body = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.cdp("Page.captureScreenshot", body).await;
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Puts a session's cookie into the browser.
    pub async fn sign_in(&mut self, base: &str, secret: &str) {
        let cookie = json!({ "name": "earnest", "value": secret, "url": base, "httpOnly": true, "sameSite": "Lax" });
        self.cdp("Network.setCookie", cookie).await;
    }

    /// Ends the browser.
    pub async fn quit(mut self) {
        // The driver ends its browsers before it ends itself; it may be gone before it answers.
        drop(self.client.get("/shutdown").await);
        self.driver.wait().unwrap();
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

async fn connect(address: SocketAddr) -> Client {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(client) = Client::connect(address, None).await {
            return client;
        }
        assert!(Instant::now() < until, "chromedriver does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn call(client: &mut Client, path: &str, body: &Value) -> Value {
    let answer = client
        .post(path, serde_json::to_vec(body).unwrap(), None)
        .await
        .unwrap();
    let value = answer.json()["value"].clone();
    assert!(answer.status.is_success(), "{path} {body}: {value}");
    value
}
