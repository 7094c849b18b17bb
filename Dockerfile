# One image for web, worker, clock and the one-shot commands; docker-compose.yml says which one a container is.
FROM node:24-slim AS packages
WORKDIR /src
COPY web/package.json web/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm run copy

FROM python:3.13-slim AS build
RUN python -m venv /opt/foerderweg
WORKDIR /src
COPY requirements.lock .
RUN /opt/foerderweg/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
COPY --from=packages /src/static/packages web/static/packages
RUN /opt/foerderweg/bin/pip install --no-cache-dir --no-deps . \
    && /opt/foerderweg/bin/pip uninstall --yes pip

FROM python:3.13-slim
# What Typst's own fonts cannot show in a letter: Tigrinya, Arabic, Tamil.
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-noto-core && rm -rf /var/lib/apt/lists/*
LABEL org.opencontainers.image.title="Förderweg" org.opencontainers.image.licenses="EUPL-1.2"
RUN useradd --system --uid 10001 --no-create-home foerderweg && install -d -o foerderweg /data
COPY --from=build /opt/foerderweg /opt/foerderweg
ENV PATH=/opt/foerderweg/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER foerderweg
WORKDIR /data
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "56", "--bind", "0.0.0.0:8000", \
     "--keep-alive", "75", "--worker-tmp-dir", "/tmp", "--no-control-socket", "--preload", "web.app:served()"]
