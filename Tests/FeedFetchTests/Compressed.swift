import Foundation

/// Small compressed documents, made once by gzip 1.12, zlib 1.2.13, brotli 1.0.9 and zstd 1.5.4.
enum Compressed {
    /// The document that the others hold.
    static let plain = bytes(
        """
        PD94bWwgdmVyc2lvbj0iMS4wIj8+PHJzcz48Y2hhbm5lbD48dGl0bGU+RmVlZCAmYW1wOyBmb29kPC90aXRsZT48L2NoYW5uZWw+PC9y\
        c3M+Cjw/eG1sIHZlcnNpb249IjEuMCI/Pjxyc3M+PGNoYW5uZWw+PHRpdGxlPkZlZWQgJmFtcDsgZm9vZDwvdGl0bGU+PC9jaGFubmVs\
        PjwvcnNzPgo8P3htbCB2ZXJzaW9uPSIxLjAiPz48cnNzPjxjaGFubmVsPjx0aXRsZT5GZWVkICZhbXA7IGZvb2Q8L3RpdGxlPjwvY2hh\
        bm5lbD48L3Jzcz4K
        """)

    static let gzip = bytes(
        """
        H4sIAAAAAAACA7Oxr8jNUShLLSrOzM+zVTLUM1Cyt7MpKi62s0nOSMzLS82xsynJLMlJtXNLTU1RUEvMLbBWSMvPT7HRhwjb6MPV6YO0\
        cdkMARMBvRqiwvYAAAA=
        """)

    /// The first 50 bytes in one member, the rest in another.
    static let gzipMembers = bytes(
        """
        H4sIAAAAAAACA7Oxr8jNUShLLSrOzM+zVTLUM1Cyt7MpKi62s0nOSMzLS82xsynJLMlJtXNLTU1RUEvMBQDtxg3TMgAAAB+LCAAAAAAA\
        AgMrsFZIy89PsdEvySzJSbWz0U/OSMzLS80BsoqKi+24bOwrcnMUylKLijPz82yVDPUMlOztbEBSNnCVEK1uqakpCmqJuQV0NxEAsiaV\
        7sQAAAA=
        """)

    static let zlib = bytes(
        """
        eJyzsa/IzVEoSy0qzszPs1Uy1DNQsrezKSoutrNJzkjMy0vNsbMpySzJSbVzS01NUVBLzC2wVkjLz0+x0YcI2+jD1emDtHHZDAETAen3\
        Uro=
        """)

    static let rawDeflate = bytes(
        """
        s7GvyM1RKEstKs7Mz7NVMtQzULK3sykqLrazSc5IzMtLzbGzKcksyUm1c0tNTVFQS8wtsFZIy89PsdGHCNvow9Xpg7Rx2QwBEwE=
        """)

    static let brotli = bytes(
        """
        G/UAYJ0HdoNX+2ER53rCap4yI4XlM1c/ZPUip44D9tVktSY0wdXF+eAcS3mKgo+35fI8UXBw9Mb1tQ9ynW+CAIR/b1Y=
        """)

    static let zstd = bytes(
        """
        KLUv/QRYjQIANAQ8P3htbCB2ZXJzaW9uPSIxLjAiPz48cnNzPjxjaGFubmVsPjx0aXRsZT5GZWVkICZhbXA7IGZvb2Q8LzwvL3Jzcz4K\
        AwChKtCyVMGrw4QC8p8lEA==
        """)

    /// The first 60 bytes in one frame, the rest in another.
    static let zstdFrames = bytes(
        """
        KLUv/QRY4QEAPD94bWwgdmVyc2lvbj0iMS4wIj8+PHJzcz48Y2hhbm5lbD48dGl0bGU+RmVlZCAmYW1wOyBmb29kPC90Xb3pkyi1L/0E\
        WJUCAILEEBeQWQdYi7GSHOOQODPjUvlr4e+0Y06HE+jrvSSLpakg1+6hy5HFaze8pjMIxDHcYw2XSW5NOqDdEF15nVMKgq7LkQUDAKAK\
        CdSJW7RCQQFek2uD
        """)

    static let gzipOfGzip = bytes(
        """
        H4sIAAAAAAACA5Pv5mAAASbmzRvXnzgbqOGtq3XuzPnNoUZXjAM2bd+sqaW3bbPnOY8zp73PbtyseVLnpOfWYm9f38AA7zO6G8I8Tp/3\
        33ixneP2i8NXXzZvKbzJwyjMuFdq0aFvQDMB17+Ra1wAAAA=
        """)

    static let brotliOfGzip = bytes(
        """
        iy2AH4sIAAAAAAACA7Oxr8jNUShLLSrOzM+zVTLUM1Cyt7MpKi62s0nOSMzLS82xsynJLMlJtXNLTU1RUEvMLbBWSMvPT7HRhwjb6MPV\
        6YO0cdkMARMBvRqiwvYAAAAD
        """)

    /// 64 MiB of spaces, gzip of gzip: 269 bytes.
    static let gzipBomb = bytes(
        """
        H4sIAAAAAAACA+3coU5CcRTA4atcNqebQHAGg7f6BhQGGMgGzc4HMJqFMZPZ+QQEHsCN5mx2gtp4AJJjJN3Vex/jf74vnXzi2dnv9HEv\
        q+w21m+TahgXT79nx/P9DAAAAEjc+Gva2KmGovwYXVwBAAAAqbtpHeb1UeDn+mRoHQAAAJC8h163XX8IfN/f5tYBAAAAyTvargb1LeC9\
        fOlc2gcAAAAk71MwAAAAAEIRDAAAAIBYBAMAAAAgFsEAAAAACEYwAAAAAGIRDAAAAIBYBAMAAAAgFsEAAAAACEYwAAAAAGIRDAAAAIBY\
        Zr1uUT0GtDflXf+8mQEAABDJ4mC9fH3+H/I/cvMIyuP+AAA=
        """)

    /// 8 MiB of spaces.
    static let brotliBomb = bytes(
        """
        m///f/glQOKxQCD3/g8=
        """)

    /// A frame that asks for a window of 128 MiB.
    static let zstdHugeWindow = bytes(
        """
        KLUv/QCIAQAA
        """)

    private static func bytes(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }
}
