# JupyterLab on the notebooks, for a start without installing anything:
#
#   docker build -t training-techniques .
#   docker run --rm -p 127.0.0.1:8888:8888 training-techniques
#
# and open the address that it prints.

# What set-up needs, without the project, which .devcontainer brings itself: Node 24, npm, a C++ compiler and Python 3.11,
# on Debian 12.
FROM node:24-bookworm AS machine
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*

FROM machine
USER node
WORKDIR /home/node/training-techniques
COPY --chown=node:node . .
RUN npm run setup

EXPOSE 8888
CMD ["npm", "run", "lab", "--", "--no-browser", "--ip=0.0.0.0", "--port=8888"]
