# The server and every command, on a small Debian. Build: docker build -t earnest .
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package earnest-cli

FROM debian:bookworm-slim
# For webhooks, and for a database that shows a certificate.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/earnest earnest
COPY --from=build /src/target/release/earnest /usr/local/bin/earnest
USER earnest
WORKDIR /var/lib/earnest
ENV EARNEST_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["earnest"]
CMD ["serve"]
