#pragma once
#include <stdio.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// Says why a broker's certificate is not taken: librdkafka's own words are the same for an unknown CA, an old
// certificate and a wrong host name. It decides nothing: what OpenSSL refuses stays refused. In C, since it runs on a
// thread of librdkafka's.
static int crdkafka_name_certificate_error(
    rd_kafka_t *client, const char *broker, int32_t id, int *error, int depth, const char *certificate, size_t size,
    char *reason, size_t reason_size, void *opaque) {
    (void)client, (void)broker, (void)id, (void)depth, (void)certificate, (void)size, (void)opaque;
    if (*error == 0) return 1;
    snprintf(reason, reason_size, "X.509 error %d", *error);
    return 0;
}

static inline void crdkafka_name_certificate_errors(rd_kafka_conf_t *conf) {
    rd_kafka_conf_set_ssl_cert_verify_cb(conf, crdkafka_name_certificate_error);
}
