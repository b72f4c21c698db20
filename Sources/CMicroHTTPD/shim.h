// MHD_start_daemon is variadic and its options are a C enum of many types: one fixed shape of it, for one caller.
#pragma once
#include <microhttpd.h>
#include <sys/socket.h>

/// Serves on a socket that already listens, with one thread of libmicrohttpd's own. Where it returns a daemon, the
/// daemon owns the socket; where it returns NULL, the caller still does.
static inline struct MHD_Daemon *optimizer_mhd_start(
    int listening, unsigned int connectionLimit, unsigned int timeoutSeconds, size_t memoryLimit,
    MHD_AccessHandlerCallback handler, void *context) {
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_USE_ITC, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_LIMIT, connectionLimit,
        MHD_OPTION_CONNECTION_TIMEOUT, timeoutSeconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memoryLimit,
        MHD_OPTION_END);
}

/// The first header of that name, or NULL.
static inline const char *optimizer_mhd_header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/// A response that holds a copy of the body.
static inline struct MHD_Response *optimizer_mhd_response(const void *body, size_t size) {
    return MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
}
