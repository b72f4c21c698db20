import Messages

/// Opens data sets under the data root and keeps the last few of them mapped.
///
/// One host owns one; it is not shared between threads.
final class DataSetStore {
    private struct Key: Hashable {
        let name: DataSetName
        let digest: String
    }

    private let root: String
    /// The most recently used last.
    private var open: [(key: Key, data: MarketData)] = []
    /// A step may be of so many at once, and the next one of the same.
    static let kept = SweptData.most + 8
    /// Of all open data sets; what is derived from a bar is 16 bytes of the host's own memory.
    private static let keptBars = 4 << 20

    init(root: String) { self.root = root }

    /// The data set of that name and version, the newest when none is given.
    ///
    /// The file's hash and every bar are checked when a version is opened, not again while it is kept.
    /// - Throws: `unknown_dataset` (retryable: another node may have it) or `invalid_data`.
    func dataSet(_ name: DataSetName, version: String?) throws(RequestProblem) -> MarketData {
        if let version, let digest = try? DataSetFiles.digest(ofVersion: version),
            let data = kept(Key(name: name, digest: digest))
        {
            return data
        }
        guard let folder = Descriptor.directory(root)?.directory(name.dataset)?.directory(name.timeframe) else {
            throw unknown(name)
        }
        let digest =
            if let version { try DataSetFiles.digest(ofVersion: version) } else { try latest(name, in: folder) }
        let key = Key(name: name, digest: digest)
        if let data = kept(key) { return data }
        let data = try load(key, from: folder)
        open.append((key, data))
        while open.count > 1, open.count > Self.kept || open.reduce(0, { $0 + $1.data.bars.count }) > Self.keptBars {
            open.removeFirst()
        }
        return data
    }

    private func kept(_ key: Key) -> MarketData? {
        guard let index = open.lastIndex(where: { $0.key == key }) else { return nil }
        // The usual case is the same data set again: it is last already.
        if index < open.count - 1 { open.append(open.remove(at: index)) }
        return open.last?.data
    }

    private func latest(_ name: DataSetName, in folder: borrowing Descriptor) throws(RequestProblem) -> String {
        guard let file = folder.file(DataSetFiles.latest) else { throw unknown(name) }
        let text = String(decoding: file.read(atMost: 80), as: UTF8.self)
        let line = text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }
        guard DataSetFiles.isDigest(line) else {
            throw RequestProblem(
                .invalidData, "the file \"\(DataSetFiles.latest)\" of data set \"\(name.dataset)\" names no version",
                isRetryable: true)
        }
        return String(line)
    }

    private func load(_ key: Key, from folder: borrowing Descriptor) throws(RequestProblem) -> MarketData {
        guard let descriptor = folder.file(DataSetFiles.file(key.digest)) else {
            throw RequestProblem(
                .unknownDataset,
                "this node has no version sha256:\(key.digest) of data set \"\(key.name.dataset)\" "
                    + "(\(key.name.timeframe)); import it, or leave data.version out for the newest",
                isRetryable: true)
        }
        guard let file = MappedFile(descriptor: descriptor.number) else {
            throw damaged(key, "it cannot be mapped")
        }
        guard unsafe SHA256.hex(of: file.bytes) == key.digest else {
            throw damaged(key, "its content has another hash")
        }
        let columns: BarColumns
        do {
            columns = try unsafe ColumnFile.columns(of: file.bytes)
        } catch {
            throw damaged(key, error.message)
        }
        if let problem = ColumnFile.firstProblem(in: columns) { throw damaged(key, problem) }
        return MarketData(columns: columns, version: "sha256:" + key.digest, owner: file)
    }

    private func unknown(_ name: DataSetName) -> RequestProblem {
        let others = DatasetCatalogue.list(root).map(\.name.dataset)
        return RequestProblem(
            .unknownDataset,
            "this node has no data set \"\(name.dataset)\" with timeframe \"\(name.timeframe)\""
                + nearestNameHint(to: name.dataset, in: others.filter { $0 != name.dataset })
                + "; import it with: optimizer import FILE --dataset \(name.dataset) --timeframe \(name.timeframe)",
            isRetryable: true)
    }

    private func damaged(_ key: Key, _ why: String) -> RequestProblem {
        RequestProblem(
            .invalidData,
            "the file of data set \"\(key.name.dataset)\" version sha256:\(key.digest) is damaged: \(why); import it again",
            isRetryable: true)
    }
}

/// The names inside a data set's directory.
enum DataSetFiles {
    /// Holds the digest of the newest version.
    static let latest = "latest"
    static let suffix = ".bars"

    static func file(_ digest: String) -> String { digest + suffix }

    /// The digest in `sha256:…`.
    static func digest(ofVersion version: String) throws(RequestProblem) -> String {
        guard version.hasPrefix("sha256:"), isDigest(version.dropFirst(7)) else {
            throw RequestProblem(
                .invalidRequest,
                "data.version is \"\(version.prefix(100))\", must be \"sha256:\" and 64 hexadecimal digits")
        }
        return String(version.dropFirst(7))
    }

    static func isDigest(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
    }
}
