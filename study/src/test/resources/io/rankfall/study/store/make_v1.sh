#!/usr/bin/env bash
# Made v1.db with the last commit that wrote schema version 1, 6b7fd06: four runs of two epochs that completed and one that diverged.
# Later versions write later schemas, so it cannot be made again with them: usage, in a checkout of that commit: make_v1.sh FILE
set -euo pipefail
file=$1
checkpoints=$(mktemp -d)
trap 'rm -rf "$checkpoints"' EXIT
common=(--hidden 8,6 --epochs 2 --study "$file" --checkpoints "$checkpoints" --jobs 1)
./rankfall sweep --batch-size 64,256 --lr 0.1 --weight-decay 0,1e-3 "${common[@]}"
./rankfall sweep --lr 1e30 --weight-decay 0 "${common[@]}"
