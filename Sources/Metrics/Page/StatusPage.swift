/// The page of a node, at its `/`.
enum StatusPage {
    static let page = Page(title: "optimizer", markup: markup, script: script)
}
