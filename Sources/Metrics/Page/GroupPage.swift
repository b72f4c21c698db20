/// The page of a whole group of nodes, at the `/` of `optimizer top --http`.
enum GroupPage {
    static let page = Page(title: "group · optimizer", markup: markup, script: script)
}
