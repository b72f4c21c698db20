#pragma once
/* The result that the isolated loop produces for an answer: as large as what a node publishes for a noop with labels,
 * with the key and the five headers (CloudEvents' attributes) that a node gives it. */
#include "clients.h"

/* glibc shows it to _GNU_SOURCE only. */
extern void *memmem(const void *haystack, size_t size, const void *needle, size_t length);

struct baseline_result {
    char value[2048], tail[1024];
    size_t head_size, id_size, tail_size;
    char time[32]; /* RFC 3339, made once a millisecond */
    int64_t millisecond;
    char ce_id[512];
    size_t ce_prefix;
};

/* size: what the result has beside the request's id. */
static inline void baseline_result_begin(struct baseline_result *r, const char *requests, size_t size) {
    static const char head[] = "{\"schema_version\":1,\"type\":\"backtest_result\",\"request_id\":\"";
    static const char tail[] = "\",\"status\":\"completed\",\"error\":null,\"padding\":\"";
    r->head_size = sizeof head - 1;
    r->tail_size = size - r->head_size < sizeof r->tail ? size - r->head_size : sizeof r->tail;
    memcpy(r->value, head, r->head_size);
    memset(r->tail, '.', r->tail_size);
    memcpy(r->tail, tail, sizeof tail - 1);
    memcpy(r->tail + r->tail_size - 2, "\"}", 2);
    r->ce_prefix = (size_t)snprintf(r->ce_id, sizeof r->ce_id - 48, "cluster/%s/", requests);
}

/* The id of a request, found by a search for its name; empty where there is none. */
static inline const char *baseline_request_id(const rd_kafka_message_t *message, size_t *size) {
    static const char name[] = "\"request_id\":\"";
    const char *start = (const char *)memmem(message->payload, message->len, name, sizeof name - 1);
    *size = 0;
    if (!start) return "";
    start += sizeof name - 1;
    const char *end = (const char *)memchr(start, '"', message->len - (size_t)(start - (char *)message->payload));
    if (end && end - start <= 512) *size = (size_t)(end - start);
    return start;
}

static inline size_t baseline_decimal(char *at, int64_t value) {
    char digits[24];
    size_t count = 0;
    do digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    for (size_t i = 0; i < count; i++) at[i] = digits[count - 1 - i];
    return count;
}

static inline void baseline_result_time(struct baseline_result *r) {
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t millisecond = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (millisecond == r->millisecond) return;
    r->millisecond = millisecond;
    gmtime_r(&now.tv_sec, &parts);
    strftime(r->time, sizeof r->time, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(r->time + 19, sizeof r->time - 19, ".%03dZ", (int)(millisecond % 1000));
}

static inline rd_kafka_headers_t *baseline_headers(struct baseline_result *r, const rd_kafka_message_t *message) {
    size_t size = r->ce_prefix + baseline_decimal(r->ce_id + r->ce_prefix, message->partition);
    r->ce_id[size++] = '/';
    size += baseline_decimal(r->ce_id + size, message->offset);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(5);
    rd_kafka_header_add(headers, "ce_id", 5, r->ce_id, (ssize_t)size);
    rd_kafka_header_add(headers, "ce_type", 7, "optimizer.result.v1", 19);
    rd_kafka_header_add(headers, "ce_specversion", 14, "1.0", 3);
    rd_kafka_header_add(headers, "ce_source", 9, "/optimizer/baseline", 19);
    rd_kafka_header_add(headers, "ce_time", 7, r->time, 24);
    return headers;
}

/* Produces the result of a request, waiting for room where there is none. */
static inline void baseline_publish(
    struct baseline_clients *c, struct baseline_result *r, const rd_kafka_message_t *message) {
    size_t size;
    const char *id = baseline_request_id(message, &size);
    memcpy(r->value + r->head_size, id, size);
    if (size != r->id_size) memcpy(r->value + r->head_size + size, r->tail, r->tail_size);
    r->id_size = size;
    rd_kafka_headers_t *headers = baseline_headers(r, message);
    for (;;) {
        rd_kafka_resp_err_t error = rd_kafka_producev(
            c->producer, RD_KAFKA_V_RKT(c->results), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(message->key ? message->key : id, message->key ? message->key_len : size),
            RD_KAFKA_V_VALUE(r->value, r->head_size + size + r->tail_size), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_END);
        if (!error) return;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            snprintf(c->problem, sizeof c->problem, "cannot produce: %s", rd_kafka_err2str(error));
        if (!baseline_goes_on(c)) break;
        rd_kafka_poll(c->producer, 1);
    }
    rd_kafka_headers_destroy(headers);
}
