/// A request a handler answers: GET or HEAD, without a body.
package struct HTTPRequest: Sendable, Hashable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
    }

    package let method: Method
    /// The path, percent-decoded, without a query.
    package let path: String
    /// The `Accept` header, empty without one.
    package let accept: String

    package init(method: Method = .get, path: String, accept: String = "") {
        self.method = method
        self.path = path
        self.accept = accept
    }
}
