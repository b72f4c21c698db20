import CMicroHTTPD
import Glibc
import Synchronization

/// A marker for "seen": libmicrohttpd calls twice for each request, once with the headers and once to be answered.
nonisolated(unsafe) private let seen = unsafe UnsafeMutableRawPointer(bitPattern: 1)

/// libmicrohttpd's access handler. A global function, so that no isolation check can come with it: it runs on a thread
/// Swift does not know.
func answerRequest(
    _ raw: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let raw = unsafe raw, let connection = unsafe connection, let url = unsafe url, let method = unsafe method,
        let state = unsafe state
    else { return .NO }
    let context = unsafe Unmanaged<HTTPServer.Context>.fromOpaque(raw).takeUnretainedValue()
    if unsafe state.pointee == nil {
        context.connections.withLock { unsafe $0.asked(optimizer_mhd_socket(connection), at: .now) }
    }
    guard let known = unsafe HTTPRequest.Method(rawValue: String(cString: method)) else {
        return unsafe queue(.methodNotAllowed, on: connection)
    }
    guard unsafe state.pointee != nil else {
        unsafe state.pointee = seen
        return .YES
    }
    if let uploadSize = unsafe uploadSize, unsafe uploadSize.pointee > 0 {
        unsafe uploadSize.pointee = 0
        return .YES
    }
    let accept = unsafe optimizer_mhd_header(connection, "Accept").map { unsafe String(cString: $0) }
    let request = unsafe HTTPRequest(method: known, path: String(cString: url), accept: accept ?? "")
    return unsafe queue(context.handler(request), on: connection)
}

/// Called when a client has connected, and when its connection is about to be closed.
///
/// A connection that has to go is only shut down: libmicrohttpd, on whose thread this runs, finds its end next and
/// closes it. Until it has said so here, the socket's number is nobody else's.
func noteConnection(
    _ raw: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
    guard let raw = unsafe raw, let connection = unsafe connection else { return }
    let context = unsafe Unmanaged<HTTPServer.Context>.fromOpaque(raw).takeUnretainedValue()
    let socket = unsafe optimizer_mhd_socket(connection)
    guard optimizer_mhd_begins(code) else { return context.connections.withLock { $0.closed(socket) } }
    var bytes = [UInt8](repeating: 0, count: 16)
    let address = unsafe Array(bytes.prefix(optimizer_mhd_client(connection, &bytes)))
    let leaving = context.connections.withLock { $0.opened(socket, from: address, at: .now) }
    for socket in leaving { shutdown(socket, Int32(SHUT_RDWR)) }
}

private func queue(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
    let made = unsafe response.body.withUnsafeBytes { unsafe optimizer_mhd_response($0.baseAddress, $0.count) }
    guard let made = unsafe made else { return .NO }
    defer { unsafe MHD_destroy_response(made) }
    for header in response.headers { unsafe MHD_add_response_header(made, header.name, header.value) }
    unsafe MHD_add_response_header(made, "Cache-Control", "no-store")
    unsafe MHD_add_response_header(made, "X-Content-Type-Options", "nosniff")
    if !response.headers.contains(where: { $0.name == "Content-Security-Policy" }) {
        unsafe MHD_add_response_header(made, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    }
    return unsafe MHD_queue_response(connection, UInt32(response.status), made)
}
