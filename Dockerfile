# The image of the operator and of the command line: the binary, the C library, certificates; no shell.
#
#   docker build --tag schema-audit:0.1.0 .
#
# The target "prebuilt" takes a binary that was compiled before, as schema-audit in the directory of the build; it must have
# been linked with a C library that is not newer than that of the base.

# What the image stands on: glibc, libgcc and certificates for the account 65532.
ARG BASE=gcr.io/distroless/cc-debian12:nonroot
# Where it is compiled: the same Debian as the base.
ARG RUST=docker.io/library/rust:1.95.0-bookworm

FROM ${BASE} AS base
LABEL org.opencontainers.image.title="schema-audit" \
      org.opencontainers.image.description="Audits PostgreSQL databases against the features they must carry" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/schema-audit"]
CMD ["run", "--log-format=json"]

FROM base AS prebuilt
COPY --chmod=755 schema-audit /usr/local/bin/schema-audit

FROM ${RUST} AS compiled
RUN apt-get update && apt-get install --yes --no-install-recommends libclang-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --locked --release --bin schema-audit

FROM base
COPY --from=compiled /source/target/release/schema-audit /usr/local/bin/schema-audit
