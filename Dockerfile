# The service, as `voltrace serve` runs it: installed from a wheel, with the versions of requirements.image.lock, as a
# user without rights.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.image.lock README.md LICENSE ./
COPY graph_schema graph_schema
COPY service service
COPY seed seed
# Nothing is taken that is not in the lock file by its hash, what builds the wheel included.
RUN pip wheel --no-cache-dir --require-hashes --only-binary :all: --wheel-dir /wheels \
      --requirement requirements.image.lock \
 && pip install --no-cache-dir --no-index --find-links /wheels hatchling \
 && pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11.14-slim-bookworm
# Fonts for the PNG of a trace, Chinese included.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-dejavu-core fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/voltrace voltrace
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels 'voltrace[scan]' && rm -rf /wheels
USER 10001
WORKDIR /var/lib/voltrace
ENV VOLTRACE_HOST=0.0.0.0 \
    VOLTRACE_STORE=sqlite:/var/lib/voltrace/voltrace.db \
    VOLTRACE_TOKENS_FILE=/var/lib/voltrace/tokens.json \
    PYTHONUNBUFFERED=1
VOLUME /var/lib/voltrace
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["voltrace"]
CMD ["serve"]
