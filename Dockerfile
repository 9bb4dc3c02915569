# One image for every service: the same program, another command.
FROM node:22-bookworm-slim AS assets
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.13-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/srv/wardlight
WORKDIR /srv/wardlight
# Pango and HarfBuzz set the weekly report as a PDF; its fonts come with the assets.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
 && rm -rf /var/lib/apt/lists/*
COPY requirements/ requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt \
 && uv pip install --system --no-cache --require-hashes -r requirements/runtime.txt
COPY . .
COPY --from=assets /src/node_modules node_modules
# A new volume takes the owner of the folder it is mounted on, and would be root's without one.
RUN uv pip install --system --no-deps --no-build-isolation -e . \
 && python -m app.frontend \
 && useradd --system --uid 990 --user-group --home /srv/wardlight wardlight \
 && install -d -o wardlight -g wardlight -m 700 /var/lib/wardlight
USER wardlight
ENTRYPOINT ["wardlight"]
CMD ["serve", "--host", "0.0.0.0"]
