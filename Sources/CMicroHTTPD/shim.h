// MHD_start_daemon is variadic and its options are a C enum of many types: one fixed shape of it, for one caller.
#pragma once
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/// Serves on a socket that already listens, with one thread of libmicrohttpd's own. Where it returns a daemon, the
/// daemon owns the socket; where it returns NULL, the caller still does.
static inline struct MHD_Daemon *optimizer_mhd_start(
    int listening, unsigned int connectionLimit, unsigned int timeoutSeconds, size_t memoryLimit,
    MHD_AccessHandlerCallback handler, MHD_NotifyConnectionCallback notify, void *context) {
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_USE_ITC, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_LIMIT, connectionLimit,
        MHD_OPTION_CONNECTION_TIMEOUT, timeoutSeconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memoryLimit,
        MHD_OPTION_NOTIFY_CONNECTION, notify, context,
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

/// The connection's socket; -1 where it has none any more.
static inline int optimizer_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// Copies the client's IP address, without the port; returns its length in bytes, 0 where it is none.
static inline size_t optimizer_mhd_client(struct MHD_Connection *connection, unsigned char address[16]) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr) return 0;
    if (info->client_addr->sa_family == AF_INET) {
        memcpy(address, &((const struct sockaddr_in *)info->client_addr)->sin_addr, 4);
        return 4;
    }
    if (info->client_addr->sa_family == AF_INET6) {
        memcpy(address, &((const struct sockaddr_in6 *)info->client_addr)->sin6_addr, 16);
        return 16;
    }
    return 0;
}

/// Whether a notification says that a connection begins; the other one is its end.
static inline bool optimizer_mhd_begins(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}
