/// The version of this product: of the node, its hosts, and the engine that results name.
package enum ProductVersion {
    package static let text = "0.1.0"
}
