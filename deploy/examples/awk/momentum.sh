#!/bin/sh
# A strategy of the Optimizer in plain sh and awk: sh speaks the protocol, awk computes.
#
# One line in, one line out. Each request gets an awk of its own: some awks read ahead when they read from a pipe, and
# would wait for a second request before they answer the first.
cd "$(dirname "$0")" || exit 1

echo '{"ready":{}}'
while IFS= read -r line; do
    case $line in
    # A request has a request_id, whatever else is in it.
    '{'*'"request_id"'*'}') printf '%s\n' "$line" | awk -f momentum.awk || exit 1 ;;
    '{"ping":'*) printf '{"pong":%s\n' "${line#'{"ping":'}" ;;
    '{'*'}') printf '%s\n' "$line" | awk -f momentum.awk || exit 1 ;;
    *) echo '{"status":"rejected","error":{"code":"invalid_json","message":"the line is no JSON object","retryable":false}}' ;;
    esac
done
