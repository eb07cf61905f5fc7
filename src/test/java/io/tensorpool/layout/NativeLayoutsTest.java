package io.tensorpool.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.RegionType;
import io.tensorpool.codec.wire.ShmRegionSuperblockDecoder;
import io.tensorpool.codec.wire.SlotHeaderDecoder;
import io.tensorpool.codec.wire.TensorHeaderDecoder;
import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Java, C and SBE see the same bytes: each field of each structure in the Java layouts, in the C header as the machine's
 * compiler lays it out, and in the generated codecs.
 */
class NativeLayoutsTest {
    private static final Path HEADER_DIRECTORY = Path.of("native-layouts").toAbsolutePath();

    /** C expression to value, as the compiled program printed it. */
    private static Map<String, Long> c = Map.of();

    @BeforeAll
    static void compileAndRun(@TempDir final Path directory) throws Exception {
        final Optional<String> compiler = compiler();
        assumeTrue(compiler.isPresent(), "skipped: neither cc nor gcc nor clang is on the PATH");
        final Path source = directory.resolve("layouts.c");
        final Path program = directory.resolve("layouts");
        Files.writeString(source, source());
        run(
                compiler.orElseThrow(),
                "-std=c11",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-I",
                HEADER_DIRECTORY.toString(),
                "-o",
                program.toString(),
                source.toString());
        final Map<String, Long> values = new LinkedHashMap<>();
        for (final String line : run(program.toString()).lines().toList()) {
            final int separator = line.lastIndexOf('=');
            values.put(line.substring(0, separator), Long.parseUnsignedLong(line.substring(separator + 1)));
        }
        c = values;
    }

    @Test
    void shouldAgreeOnTheSuperblock() throws Exception {
        assertThat(c.get("sizeof(tensorpool_superblock_t)")).isEqualTo(SuperblockLayout.LAYOUT.byteSize());
        for (final String member : members(SuperblockLayout.LAYOUT)) {
            final long offset = offset(SuperblockLayout.LAYOUT, member);
            assertThat(c.get(offsetOf("tensorpool_superblock_t", member)))
                    .as("%s in C", member)
                    .isEqualTo(offset);
            assertThat(c.get(sizeOf("tensorpool_superblock_t", member)))
                    .as("size of %s in C", member)
                    .isEqualTo(size(SuperblockLayout.LAYOUT, member));
            assertThat(encodingOffset(ShmRegionSuperblockDecoder.class, member))
                    .as("%s in SBE", member)
                    .isEqualTo(offset);
            assertThat(encodingLength(ShmRegionSuperblockDecoder.class, member))
                    .as("size of %s in SBE", member)
                    .isEqualTo(size(SuperblockLayout.LAYOUT, member));
        }
    }

    @Test
    void shouldAgreeOnTheSlotHeader() throws Exception {
        assertThat(c.get("sizeof(tensorpool_slot_t)")).isEqualTo(SlotLayout.LAYOUT.byteSize());
        for (final String member : members(SlotLayout.LAYOUT)) {
            final long offset = offset(SlotLayout.LAYOUT, member);
            final String inC = member.equals("tensorHeader") ? member : "slotHeader." + member;
            assertThat(c.get(offsetOf("tensorpool_slot_t", inC)))
                    .as("%s in C", member)
                    .isEqualTo(offset);
            assertThat(c.get(sizeOf("tensorpool_slot_t", inC)))
                    .as("size of %s in C", member)
                    .isEqualTo(size(SlotLayout.LAYOUT, member));
            final long inSbe = switch (member) {
                // Behind the fixed block lies the var data, a length and the bytes.
                case "headerBytesLength" -> SlotHeaderDecoder.BLOCK_LENGTH;
                case "tensorHeader" -> SlotHeaderDecoder.BLOCK_LENGTH + SlotHeaderDecoder.headerBytesHeaderLength();
                default -> encodingOffset(SlotHeaderDecoder.class, member);
            };
            assertThat(inSbe).as("%s in SBE", member).isEqualTo(offset);
        }
    }

    @Test
    void shouldAgreeOnTheTensorHeader() throws Exception {
        assertThat(c.get("sizeof(tensorpool_tensor_header_t)")).isEqualTo(TensorHeaderLayout.LAYOUT.byteSize());
        final List<String> ofMessageHeader = List.of("blockLength", "templateId", "schemaId", "version");
        for (final String member : members(TensorHeaderLayout.LAYOUT)) {
            final long offset = offset(TensorHeaderLayout.LAYOUT, member);
            assertThat(c.get(offsetOf("tensorpool_tensor_header_t", member)))
                    .as("%s in C", member)
                    .isEqualTo(offset);
            assertThat(c.get(sizeOf("tensorpool_tensor_header_t", member)))
                    .as("size of %s in C", member)
                    .isEqualTo(size(TensorHeaderLayout.LAYOUT, member));
            final boolean inMessageHeader = ofMessageHeader.contains(member);
            final Class<?> codec = inMessageHeader ? MessageHeaderDecoder.class : TensorHeaderDecoder.class;
            assertThat(encodingOffset(codec, member) + (inMessageHeader ? 0 : MessageHeaderDecoder.ENCODED_LENGTH))
                    .as("%s in SBE", member)
                    .isEqualTo(offset);
        }
    }

    @Test
    void shouldAgreeOnConstantsAndRegions() {
        assertThat(c.get("TENSORPOOL_MAGIC")).isEqualTo(SuperblockLayout.MAGIC);
        assertThat(c.get("TENSORPOOL_LAYOUT_VERSION")).isEqualTo(SuperblockLayout.LAYOUT_VERSION);
        assertThat(c.get("TENSORPOOL_REGION_TYPE_HEADER_RING"))
                .isEqualTo(SuperblockLayout.TYPE_HEADER_RING)
                .isEqualTo(RegionType.HEADER_RING.value());
        assertThat(c.get("TENSORPOOL_REGION_TYPE_PAYLOAD_POOL"))
                .isEqualTo(SuperblockLayout.TYPE_PAYLOAD_POOL)
                .isEqualTo(RegionType.PAYLOAD_POOL.value());
        assertThat(c.get("TENSORPOOL_PAYLOAD_POOL_SLOT_BYTES"))
                .isEqualTo(Integer.toUnsignedLong(SuperblockLayout.SLOT_BYTES_NULL));
        assertThat(c.get("TENSORPOOL_HEADER_BYTES_LENGTH")).isEqualTo(SlotLayout.HEADER_BYTES_LENGTH);
        assertThat(c.get("TENSORPOOL_TENSOR_HEADER_BLOCK_LENGTH"))
                .isEqualTo(TensorHeaderLayout.BLOCK_LENGTH)
                .isEqualTo(TensorHeaderDecoder.BLOCK_LENGTH);
        assertThat(c.get("TENSORPOOL_TENSOR_HEADER_TEMPLATE_ID"))
                .isEqualTo(TensorHeaderLayout.TEMPLATE_ID)
                .isEqualTo(TensorHeaderDecoder.TEMPLATE_ID);
        assertThat(c.get("TENSORPOOL_WIRE_SCHEMA_ID"))
                .isEqualTo(TensorHeaderLayout.SCHEMA_ID)
                .isEqualTo(TensorHeaderDecoder.SCHEMA_ID);
        assertThat(c.get("TENSORPOOL_WIRE_SCHEMA_VERSION"))
                .isEqualTo(TensorHeaderLayout.VERSION)
                .isEqualTo(TensorHeaderDecoder.SCHEMA_VERSION);
        assertThat(c.get("TENSORPOOL_STRIDE_ALIGNMENT_BYTES")).isEqualTo(PayloadPoolLayout.STRIDE_ALIGNMENT_BYTES);
        assertThat(c.get("TENSORPOOL_SLOT_OFFSET(5)")).isEqualTo(HeaderRingLayout.slotOffset(5));
        assertThat(c.get("TENSORPOOL_HEADER_RING_FILE_BYTES(1024)"))
                .isEqualTo(HeaderRingLayout.of(1024).byteSize());
        assertThat(c.get("TENSORPOOL_PAYLOAD_OFFSET(1023, 0xFFFFFFC0u)"))
                .isEqualTo(PayloadPoolLayout.payloadOffset(1023, 0xFFFF_FFC0L));
        assertThat(c.get("TENSORPOOL_PAYLOAD_POOL_FILE_BYTES(1024, 0xFFFFFFC0u)"))
                .isEqualTo(PayloadPoolLayout.of(1024, 0xFFFF_FFC0L).byteSize());
        assertThat(c.get("TENSORPOOL_SEQ_COMMITTED(5)")).isEqualTo(SeqCommit.committed(5));
        assertThat(c.get("TENSORPOOL_SEQ_IN_PROGRESS(6)")).isEqualTo(SeqCommit.inProgress(6));
    }

    private static String source() {
        final List<String> expressions = new ArrayList<>(List.of(
                "TENSORPOOL_MAGIC",
                "TENSORPOOL_LAYOUT_VERSION",
                "TENSORPOOL_REGION_TYPE_HEADER_RING",
                "TENSORPOOL_REGION_TYPE_PAYLOAD_POOL",
                "TENSORPOOL_PAYLOAD_POOL_SLOT_BYTES",
                "TENSORPOOL_HEADER_BYTES_LENGTH",
                "TENSORPOOL_TENSOR_HEADER_BLOCK_LENGTH",
                "TENSORPOOL_TENSOR_HEADER_TEMPLATE_ID",
                "TENSORPOOL_WIRE_SCHEMA_ID",
                "TENSORPOOL_WIRE_SCHEMA_VERSION",
                "TENSORPOOL_STRIDE_ALIGNMENT_BYTES",
                "TENSORPOOL_SLOT_OFFSET(5)",
                "TENSORPOOL_HEADER_RING_FILE_BYTES(1024)",
                "TENSORPOOL_PAYLOAD_OFFSET(1023, 0xFFFFFFC0u)",
                "TENSORPOOL_PAYLOAD_POOL_FILE_BYTES(1024, 0xFFFFFFC0u)",
                "TENSORPOOL_SEQ_COMMITTED(5)",
                "TENSORPOOL_SEQ_IN_PROGRESS(6)"));
        addMembers(expressions, "tensorpool_superblock_t", members(SuperblockLayout.LAYOUT));
        addMembers(
                expressions,
                "tensorpool_slot_t",
                members(SlotLayout.LAYOUT).stream()
                        .map(member -> member.equals("tensorHeader") ? member : "slotHeader." + member)
                        .toList());
        addMembers(expressions, "tensorpool_tensor_header_t", members(TensorHeaderLayout.LAYOUT));
        final StringBuilder source = new StringBuilder("""
                #include "tensor_pool_layouts.h"
                #include <stdio.h>
                int main(void)
                {
                """);
        for (final String expression : expressions) {
            source.append("    printf(\"%s=%llu\\n\", \"")
                    .append(expression)
                    .append("\", (unsigned long long)(")
                    .append(expression)
                    .append("));\n");
        }
        return source.append("    return 0;\n}\n").toString();
    }

    private static void addMembers(final List<String> expressions, final String type, final List<String> members) {
        expressions.add("sizeof(" + type + ")");
        for (final String member : members) {
            expressions.add(offsetOf(type, member));
            expressions.add(sizeOf(type, member));
        }
    }

    private static String offsetOf(final String type, final String member) {
        return "offsetof(" + type + ", " + member + ")";
    }

    private static String sizeOf(final String type, final String member) {
        return "sizeof(((" + type + " *)0)->" + member + ")";
    }

    private static List<String> members(final StructLayout layout) {
        return layout.memberLayouts().stream()
                .map(member -> member.name().orElseThrow())
                .toList();
    }

    private static long offset(final StructLayout layout, final String member) {
        return layout.byteOffset(PathElement.groupElement(member));
    }

    private static long size(final MemoryLayout layout, final String member) {
        return layout.select(PathElement.groupElement(member)).byteSize();
    }

    private static long encodingOffset(final Class<?> codec, final String member) throws Exception {
        return (int) codec.getMethod(member + "EncodingOffset").invoke(null);
    }

    private static long encodingLength(final Class<?> codec, final String member) throws Exception {
        return (int) codec.getMethod(member + "EncodingLength").invoke(null);
    }

    private static Optional<String> compiler() {
        for (final String name : List.of("cc", "gcc", "clang")) {
            for (final String directory : System.getenv("PATH").split(":")) {
                if (Files.isExecutable(Path.of(directory, name))) {
                    return Optional.of(name);
                }
            }
        }
        return Optional.empty();
    }

    private static String run(final String... command) throws IOException, InterruptedException {
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
