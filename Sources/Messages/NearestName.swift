/// The candidate that a mistyped name most likely meant, or nil when none is near.
///
/// Distance: optimal string alignment (insertions, deletions, substitutions, swaps of neighbours), case ignored.
/// Near means at most a third of the name's length, and at least one edit is always forgiven.
package func nearestName(to name: String, in candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    // A name a thousand characters long is no typing error, and the distance is quadratic.
    guard wanted.count <= 100 else { return nil }
    let allowed = max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(wanted, Array(candidate.lowercased().unicodeScalars))
        if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// `, did you mean "fast"?` or nothing.
package func nearestNameHint(to name: String, in candidates: some Sequence<String>) -> String {
    nearestName(to: name, in: candidates).map { ", did you mean \"\($0)\"?" } ?? ""
}

/// An unknown member, what it may be meant for, and what is known: `an unknown member "cahs", did you mean "cash"?; it
/// takes cash, spread`.
package func unknownMember(_ name: String, known: [String]) -> String {
    "an unknown member \"\(name.cut(toBytes: 100))\"\(nearestNameHint(to: name, in: known)); it takes "
        + known.joined(separator: ", ")
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in 0..<a.count {
        var current = [i + 1]
        for j in 0..<b.count {
            var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
            current.append(cost)
        }
        before = previous
        previous = current
    }
    return previous[b.count]
}
