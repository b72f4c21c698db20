// Lists of certificates are macros, which Swift does not see.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

static inline int optimizer_x509_count(const STACK_OF(X509) *list) { return list ? sk_X509_num(list) : 0; }

static inline X509 *optimizer_x509_at(const STACK_OF(X509) *list, int index) { return sk_X509_value(list, index); }

static inline void optimizer_x509_free(STACK_OF(X509) *list) { sk_X509_pop_free(list, X509_free); }

/// Whether reading has failed since there was nothing more.
static inline int optimizer_pem_is_at_end(void) {
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}
