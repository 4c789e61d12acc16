# The linter and everything else in one small image:
#   docker build -t promsieve .
#   docker run --rm -v "$PWD:/data:ro" promsieve lint .
FROM rust:1.95-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked -p promsieve-cli --features object-storage

FROM debian:trixie-slim
# `--new-from` asks git what has changed.
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*'
COPY --from=build /src/target/dist/promsieve /usr/local/bin/promsieve
USER nobody
WORKDIR /data
ENTRYPOINT ["promsieve"]
