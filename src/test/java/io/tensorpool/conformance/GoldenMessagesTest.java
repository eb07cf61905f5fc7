package io.tensorpool.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.Json;
import io.tensorpool.support.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The generated codecs against bytes captured from an independent implementation of the same protocol: every field,
 * group and data of every message, in both directions.
 */
class GoldenMessagesTest {
    private static final int VECTORS = 79;
    private static final Map<Integer, SchemaDocument> SCHEMA_BY_ID = SchemaDocument.NAMES.stream()
            .map(SchemaDocument::read)
            .collect(Collectors.toMap(SchemaDocument::id, Function.identity()));

    private static final List<Json> VECTORS_OF_MANIFEST = SharedFiles.isPresent("golden/manifest.json")
            ? Json.read(SharedFiles.path("golden/manifest.json")).get("sbe").elements()
            : List.of();

    private Path golden;

    /** Before each test and not once, so that each one is reported as skipped where the files are absent. */
    @BeforeEach
    void requireGoldenFiles() {
        golden = SharedFiles.assumePresent("golden");
    }

    static Stream<Arguments> vectors() {
        return VECTORS_OF_MANIFEST.isEmpty()
                ? Stream.of(Arguments.of("all vectors", Json.parse("null")))
                : VECTORS_OF_MANIFEST.stream().map(vector -> Arguments.of(file(vector), vector));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void shouldDecodeToTheValuesOfTheManifest(final String file, final Json vector) throws IOException {
        final byte[] bytes = Files.readAllBytes(golden.resolve(file));

        assertThat(bytes).hasSize(vector.get("size").intValue());
        GoldenDecoding.check(schema(vector), vector, new UnsafeBuffer(bytes));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void shouldEncodeTheValuesOfTheManifestToTheSameBytes(final String file, final Json vector) throws IOException {
        final byte[] encoded = GoldenEncoding.encode(schema(vector), vector);

        assertThat(HexFormat.of().formatHex(encoded))
                .isEqualTo(HexFormat.of().formatHex(Files.readAllBytes(golden.resolve(file))));
    }

    @Test
    void shouldCoverEveryGoldenFile() throws IOException {
        final List<String> inManifest =
                VECTORS_OF_MANIFEST.stream().map(GoldenMessagesTest::file).toList();

        assertThat(inManifest).hasSize(VECTORS).doesNotHaveDuplicates();
        try (Stream<Path> files = Files.list(golden.resolve("sbe"))) {
            assertThat(files.map(file -> "sbe/" + file.getFileName())).containsExactlyInAnyOrderElementsOf(inManifest);
        }
    }

    @Test
    void shouldHaveAGoldenFileForEveryTemplateOfEverySchema() {
        final Set<String> templates = SCHEMA_BY_ID.values().stream()
                .flatMap(schema -> schema.messages().stream()
                        .map(message -> schema.id() + "/" + message.templateId() + " " + message.name()))
                .collect(Collectors.toCollection(TreeSet::new));

        final Set<String> covered = VECTORS_OF_MANIFEST.stream()
                .map(vector -> vector.get("schemaId").intValue() + "/"
                        + vector.get("templateId").intValue() + " "
                        + vector.get("message").text())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(covered).isEqualTo(templates);
    }

    private static String file(final Json vector) {
        return vector.get("file").text();
    }

    private static SchemaDocument schema(final Json vector) {
        final int id = vector.get("schemaId").intValue();
        assertThat(SCHEMA_BY_ID).containsKey(id);
        return SCHEMA_BY_ID.get(id);
    }
}
