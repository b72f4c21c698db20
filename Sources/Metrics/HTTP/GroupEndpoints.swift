/// What `optimizer top --http` answers: `/`, the page of the group, and `/status`.
package struct GroupEndpoints: Sendable {
    private let status: @Sendable () -> [UInt8]

    /// - Parameter status: `/status`: the JSON the documentation page `Group` describes.
    package init(status: @escaping @Sendable () -> [UInt8]) { self.status = status }

    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        switch request.path {
        case "/": GroupPage.page.response()
        case "/status": .json(status())
        default: .notFound
        }
    }
}
