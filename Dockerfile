# The image of the operator and of the command line: the binary, the C library, certificates; no shell.
#
#   docker build --tag schema-audit:0.1.0 .
#
# The target "backup" is the image for the backups of migrations (--backup-image): the same binary beside pg_dump and
# pg_restore, which must not be older than the servers.
#
#   docker build --tag schema-audit-backup:0.1.0 --target backup --build-arg POSTGRES=docker.io/library/postgres:18-bookworm .
#
# The targets "prebuilt" and "prebuilt-backup" take a binary that was compiled before, as schema-audit in the directory of the build; it must have
# been linked with a C library that is not newer than that of the base.

# What the image stands on: glibc, libgcc and certificates for the account 65532.
ARG BASE=gcr.io/distroless/cc-debian12:nonroot
# Where it is compiled: the same Debian as the base.
ARG RUST=docker.io/library/rust:1.95.0-bookworm
# Where pg_dump comes from: the same Debian as the base, or a later one.
ARG POSTGRES=docker.io/library/postgres:18-bookworm

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

FROM ${POSTGRES} AS clients
LABEL org.opencontainers.image.title="schema-audit-backup" \
      org.opencontainers.image.description="schema-audit with pg_dump, for the backups of migrations" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=base /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/schema-audit"]
CMD ["--help"]

FROM clients AS prebuilt-backup
COPY --chmod=755 schema-audit /usr/local/bin/schema-audit

FROM ${RUST} AS compiled
RUN apt-get update && apt-get install --yes --no-install-recommends libclang-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --locked --release --bin schema-audit

FROM clients AS backup
COPY --from=compiled /source/target/release/schema-audit /usr/local/bin/schema-audit

FROM base
COPY --from=compiled /source/target/release/schema-audit /usr/local/bin/schema-audit
