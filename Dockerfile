# The GPU worker for RunPod serverless: docker build --platform linux/amd64 -t safelight-worker .
#
# The base is plain Python: torch's wheels bring the CUDA libraries with them, and the host brings the driver.
# No secret is in here: FIREBASE_SERVICE_ACCOUNT_KEY and FIREBASE_STORAGE_BUCKET are set on the RunPod endpoint.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/venv/bin:$PATH

# torch.compile has Triton build what calls its kernels, with a C compiler, on the GPU's own machine.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY worker/requirements.txt constraints.txt ./

# torch first and on its own, so that nothing else decides which one it is. Compiling here spares every cold
# start the time it takes to compile what it imports.
RUN python -m venv /opt/venv \
    && grep '^torch==' constraints.txt > torch.txt \
    && pip install -r torch.txt \
    && pip install -r requirements.txt -c constraints.txt \
    && python -m compileall -q -j 0 /opt/venv \
    && rm torch.txt

COPY contracts/ contracts/
COPY adapters/ adapters/
COPY worker/ worker/
# The catalogue, and the models that are in this repository: 24 MB. For others on a network volume set
# SAFELIGHT_MODELS_FOLDER=/runpod-volume/models.
COPY models/ models/

RUN useradd --uid 10001 --create-home worker && python -m compileall -q contracts adapters worker
USER 10001

CMD ["python", "-m", "worker"]
