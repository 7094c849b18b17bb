# One image for web, worker and clock; docker-compose.yml says which one a container is.
FROM python:3.13-slim
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --create-home foerderweg \
    && install -d -o foerderweg /data
USER foerderweg
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--bind", "0.0.0.0:8000", \
     "--no-control-socket", "web.app:create_app()"]
