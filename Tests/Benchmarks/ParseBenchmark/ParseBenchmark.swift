import FeedModel
import FeedParse
import Glibc
import SAXBaseline

/// What parsing costs, beside the same documents through a C program that copies out five fields.
///
///     swift run -c release parse-benchmark FOLDER|FILE… [--ingestd PATH] [--rounds N] [--each]
///
/// CPU time of one thread, the ways in turn in each round, so that a noisy machine disturbs them alike; the
/// median round counts. `--ingestd` adds `parse --files-from` as a process of its own, with its JSON.
@main
enum ParseBenchmark {
    static func main() throws {
        var paths: [String] = []
        var ingestd: String?
        var rounds = 21
        var isEach = false
        var arguments = CommandLine.arguments.dropFirst()
        while let one = arguments.popFirst() {
            switch one {
            case "--ingestd": ingestd = arguments.popFirst()
            case "--each": isEach = true
            case "--rounds": rounds = arguments.popFirst().flatMap(Int.init) ?? rounds
            default: paths += Files.below(one)
            }
        }
        // libxml2 reads no JSON.
        let documents = paths.sorted().compactMap { path in Files.read(path).map { (path: path, bytes: $0) } }
            .filter { !$0.path.hasSuffix(".json") }
        let bytes = documents.reduce(0) { $0 + $1.bytes.count }
        guard bytes > 0 else {
            print("usage: parse-benchmark FOLDER|FILE… [--ingestd PATH] [--rounds N] [--each]")
            exit(64)
        }
        if isEach { return each(documents) }
        DocumentMemory.keepFreed()
        // Each measurement reads enough for the clock to be exact.
        let repeats = max(1, 20_000_000 / bytes)
        var ways: [Way] = [
            Way("libxml2 SAX2 in C, five fields") { for one in documents { sax(one.bytes) } },
            Way("bytes to ParsedFeed") { for one in documents { _ = parsed(one.bytes) } },
            Way("bytes to JSON") { for one in documents { json(one.bytes) } },
        ]
        if let ingestd {
            let list = Files.list(documents.map(\.path), times: repeats)
            ways.append(Way("ingestd parse --files-from", isProcess: true) { run(ingestd, list) })
        }
        for round in 0...rounds {
            for index in ways.indices {
                let seconds = ways[index].cost(repeats: repeats)
                // The first warms up.
                if round > 0 { ways[index].seconds.append(seconds) }
            }
        }
        print("\(documents.count) documents, \(bytes) bytes, \(repeats) × \(rounds) rounds")
        for way in ways {
            let rate = Double(bytes * repeats) / way.median / 1e6
            let ratio = ways[0].median / way.median
            print(
                way.name.padded(34), "\(Int(rate.rounded())) MB/s".padded(12),
                "\((ratio * 100).rounded() / 100) of the first")
        }
    }

    /// One line a document: where the time goes.
    private static func each(_ documents: [(path: String, bytes: [UInt8])]) {
        for one in documents {
            let repeats = max(1, 4_000_000 / max(1, one.bytes.count))
            var c = Way("") { sax(one.bytes) }
            var swift = Way("") { _ = parsed(one.bytes) }
            for _ in 0..<5 {
                c.seconds.append(c.cost(repeats: repeats))
                swift.seconds.append(swift.cost(repeats: repeats))
            }
            let microseconds = swift.median / Double(repeats) * 1e6
            print(
                "\(Int(microseconds)) µs".padded(12), "\((c.median / swift.median * 100).rounded() / 100)".padded(6),
                "\(one.bytes.count)".padded(8), one.path)
        }
    }

    private static func sax(_ bytes: [UInt8]) {
        var entries = 0
        _ = bytes.withUnsafeBytes { sax_baseline($0.bindMemory(to: CChar.self).baseAddress, $0.count, &entries) }
    }

    private static func parsed(_ bytes: [UInt8]) -> ParsedFeed? {
        let context = DocumentContext(url: "https://example.org/feed", contentType: nil)
        guard case .success(let feed) = FeedReader.read(bytes, context: context) else { return nil }
        return feed
    }

    private static func json(_ bytes: [UInt8]) {
        guard let feed = parsed(bytes) else { return }
        var json = JSONWriter(reservingCapacity: bytes.count * 2)
        json.feed(feed) { _ in nil }
    }

    private static func run(_ program: String, _ list: String) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let words: [String] = [program, "parse", "--files-from", list]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for one in arguments { free(one) } }
        var child = pid_t()
        guard posix_spawn(&child, program, &actions, nil, &arguments, environ) == 0 else {
            fatalError("\(program) cannot be started")
        }
        var status: CInt = 0
        waitpid(child, &status, 0)
    }
}

private struct Way {
    let name: String
    let isProcess: Bool
    let body: () -> Void
    var seconds: [Double] = []

    init(_ name: String, isProcess: Bool = false, _ body: @escaping () -> Void) {
        self.name = name
        self.isProcess = isProcess
        self.body = body
    }

    var median: Double { seconds.sorted()[seconds.count / 2] }

    func cost(repeats: Int) -> Double {
        let start = now
        if isProcess { body() } else { for _ in 0..<repeats { body() } }
        return now - start
    }

    /// CPU seconds of this thread, or of the children that ended.
    private var now: Double {
        if isProcess {
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
            let (user, system) = (usage.ru_utime, usage.ru_stime)
            return Double(user.tv_sec + system.tv_sec) + Double(user.tv_usec + system.tv_usec) / 1e6
        }
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

private enum Files {
    static func below(_ path: String) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { found += below("\(path)/\(name)") }
        }
        return found
    }

    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let size = Int(status.st_size)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                if got <= 0 { break }
                count += got
            }
        }
    }

    static func list(_ paths: [String], times: Int) -> String {
        let path = "/tmp/parse-benchmark.\(getpid()).list"
        let text = (paths.joined(separator: "\n") + "\n")
        guard let file = fopen(path, "w") else { fatalError("\(path) cannot be written") }
        for _ in 0..<times { fputs(text, file) }
        fclose(file)
        return path
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
