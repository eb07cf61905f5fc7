package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.ClockDomain;
import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.PoolRegion;
import io.tensorpool.ProgressState;
import io.tensorpool.ResponseCode;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Proxies say, and adapters understand, the very bytes that an independent implementation puts on the wire. */
class GoldenConversationsTest {
    private static final long MADE_NS = 1_700_000_000_000_000_000L;
    private static final long ANNOUNCED_NS = 1_234_567_890_123_456_789L;
    private static final long TRACE_ID = 0x00FF_00FF_00FF_00FFL;
    private static final String DIRECTORY = "shm:file?path=/dev/shm/tensorpool-test/default/10000/7/";
    private static final String HEADER_RING = DIRECTORY + "header.ring";
    private static final long CHECKSUM = Long.parseUnsignedLong("16045690984503111693");
    private static final long CORRELATION_ID = 0x1122_3344_5566_7788L;

    /** A reference message, who says it, who reads it, and what is heard. */
    enum Golden {
        ANNOUNCE_WITHOUT_POOLS("wire_ShmPoolAnnounce_pools0", ClockDomain.MONOTONIC, "", List.of()),
        ANNOUNCE("wire_ShmPoolAnnounce_pools1", ClockDomain.MONOTONIC, HEADER_RING, List.of(4_096)),
        ANNOUNCE_BY_SHARED_CLOCK(
                "wire_ShmPoolAnnounce_pools3",
                ClockDomain.REALTIME_SYNCED,
                HEADER_RING,
                List.of(4_096, 65_536, 1_048_576)),
        DESCRIPTOR(
                "wire_FrameDescriptor_full",
                to -> new DescriptorProxy(to)
                        .frame(10_000, 0xFEDC_BA98_7654_3210L, 0x0123_4567_89AB_CDEFL, 1_000_000_001, 3, TRACE_ID),
                DescriptorAdapter::new,
                "frame 10000 " + 0xFEDC_BA98_7654_3210L + " " + 0x0123_4567_89AB_CDEFL + " 1000000001 3 " + TRACE_ID),
        DESCRIPTOR_WITHOUT_OPTIONS(
                "wire_FrameDescriptor_nulls",
                to -> new DescriptorProxy(to).frame(10_000, 7, 0, DescriptorProxy.NULL_TIMESTAMP, -1, 0),
                DescriptorAdapter::new,
                "frame 10000 7 0 -1 -1 0"),
        QOS_CONSUMER(
                "wire_QosConsumer_stream",
                to -> new QosProxy(to).qosConsumer(10_000, 42, 7, 1_000, 3, 2, ConsumerMode.STREAM),
                QosAdapter::new,
                "qos 10000 42 7 1000 3 2 STREAM"),
        QOS_PRODUCER(
                "wire_QosProducer_watermark",
                to -> new QosProxy(to).qosProducer(10_000, 1, 7, 12_345, 80),
                QosAdapter::new,
                "qos of producer 10000 1 7 12345 80"),
        QOS_PRODUCER_WITHOUT_WATERMARK(
                "wire_QosProducer_null_watermark",
                to -> new QosProxy(to).qosProducer(10_000, 1, 7, 12_345, QosListener.NO_WATERMARK),
                QosAdapter::new,
                "qos of producer 10000 1 7 12345 -1"),
        DATA_SOURCE_ANNOUNCE(
                "wire_DataSourceAnnounce_full",
                to -> new MetadataProxy(to).dataSourceAnnounce(10_000, 1, 7, 3, "camera-1", "UINT16 640x480"),
                MetadataAdapter::new,
                "source 10000 1 7 3 'camera-1' 'UINT16 640x480'"),
        DATA_SOURCE_ANNOUNCE_WITHOUT_TEXTS(
                "wire_DataSourceAnnounce_empty",
                to -> new MetadataProxy(to).dataSourceAnnounce(10_000, 1, 7, 0, "", ""),
                MetadataAdapter::new,
                "source 10000 1 7 0 '' ''"),
        DATA_SOURCE_META_WITHOUT_ATTRIBUTES(
                "wire_DataSourceMeta_attrs0",
                to -> new MetadataProxy(to).dataSourceMeta(10_000, 3, MADE_NS, List.of()),
                MetadataAdapter::new,
                "meta 10000 3 " + MADE_NS + " []"),
        DATA_SOURCE_META(
                "wire_DataSourceMeta_attrs1",
                to -> new MetadataProxy(to)
                        .dataSourceMeta(
                                10_000, 3, MADE_NS, List.of(MetadataAttribute.text("camera_serial", "ABC-123"))),
                MetadataAdapter::new,
                "meta 10000 3 " + MADE_NS + " [camera_serial (text/plain, 7 bytes)]"),
        BLOB_ANNOUNCE(
                "wire_MetaBlobAnnounce_full",
                to -> new MetadataProxy(to).blobAnnounce(10_000, 3, 9, 100_000, CHECKSUM),
                MetadataAdapter::new,
                "blob 10000 3 9 100000 " + CHECKSUM),
        BLOB_CHUNK(
                "wire_MetaBlobChunk_full",
                to -> new MetadataProxy(to).blobChunk(10_000, 3, 65_536, blob(), 256),
                MetadataAdapter::new,
                "chunk 10000 3 65536 " + HexFormat.of().formatHex(blob(), 65_536, 65_536 + 256)),
        BLOB_COMPLETE(
                "wire_MetaBlobComplete_full",
                to -> new MetadataProxy(to).blobComplete(10_000, 3, CHECKSUM),
                MetadataAdapter::new,
                "blob complete 10000 3 " + CHECKSUM),
        PROGRESS_STARTED("wire_FrameProgress_started", ProgressState.STARTED),
        PROGRESS("wire_FrameProgress_progress", ProgressState.PROGRESS),
        PROGRESS_COMPLETE("wire_FrameProgress_complete", ProgressState.COMPLETE),
        RESPONSE_OK(
                "wire_ControlResponse_ok",
                to -> new ControlResponseProxy(to).respond(-5, ResponseCode.OK, ""),
                ControlResponseAdapter::new,
                "response -5 OK ''"),
        RESPONSE_UNSUPPORTED("wire_ControlResponse_unsupported", ResponseCode.UNSUPPORTED),
        RESPONSE_INVALID_PARAMS("wire_ControlResponse_invalid_params", ResponseCode.INVALID_PARAMS),
        RESPONSE_REJECTED("wire_ControlResponse_rejected", ResponseCode.REJECTED),
        RESPONSE_INTERNAL_ERROR("wire_ControlResponse_internal_error", ResponseCode.INTERNAL_ERROR);

        private final String file;
        private final Consumer<MessageLog> message;
        private final Function<Heard, FragmentHandler> adapter;
        private final String heard;

        Golden(
                final String file,
                final Consumer<MessageLog> message,
                final Function<Heard, FragmentHandler> adapter,
                final String heard) {
            this.file = "golden/sbe/" + file + ".bin";
            this.message = message;
            this.adapter = adapter;
            this.heard = heard;
        }

        Golden(final String file, final ClockDomain clock, final String headerRing, final List<Integer> strides) {
            this(
                    file,
                    to -> new AnnounceProxy(to)
                            .announce(regions(headerRing, strides), 0x1122_3344, ANNOUNCED_NS, clock),
                    AnnounceAdapter::new,
                    "announce " + regions(headerRing, strides) + " " + 0x1122_3344 + " " + ANNOUNCED_NS + " " + clock);
        }

        /** Pools with ids from 1 on. */
        private static EpochRegions regions(final String headerRing, final List<Integer> strides) {
            final List<PoolRegion> pools = new ArrayList<>();
            for (final int strideBytes : strides) {
                final int id = pools.size() + 1;
                pools.add(new PoolRegion(id, 64, strideBytes, DIRECTORY + id + ".pool|require_hugepages=false"));
            }
            return new EpochRegions(10_000, 0x0102_0304_0506_0708L, 1, 64, headerRing, pools);
        }

        Golden(final String file, final ProgressState state) {
            this(
                    file,
                    to -> new ProgressProxy(to).progress(10_000, 7, 99, 655_360, state),
                    ProgressAdapter::new,
                    "progress 10000 7 99 655360 " + state);
        }

        Golden(final String file, final ResponseCode code) {
            this(
                    file,
                    to -> new ControlResponseProxy(to).respond(CORRELATION_ID, code, "error text " + code),
                    ControlResponseAdapter::new,
                    "response " + CORRELATION_ID + " " + code + " 'error text " + code + "'");
        }

        /** Bytes 0 to 255 at 65,536. */
        private static byte[] blob() {
            final byte[] blob = new byte[65_536 + 256];
            for (int i = 0; i < 256; i++) {
                blob[65_536 + i] = (byte) i;
            }
            return blob;
        }

        byte[] bytes() throws IOException {
            return Files.readAllBytes(SharedFiles.assumePresent(file));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "parents1, links 10000 7 99 -6066930334832433271 [4096]",
        "parents3, 'links 10000 7 99 -6066930334832433271 [4096, 4097, 4098]'",
    })
    void shouldUnderstandTraceLinks(final String variant, final String heardLine) throws IOException {
        final Heard heard = new Heard();

        hear(new TraceLinkAdapter(heard), "trace_TraceLinkSet_" + variant);

        assertThat(heard.lines()).containsExactly(heardLine);
    }

    /** The codecs read them; by the rules they must not be there. */
    @Test
    void shouldRefuseReferenceMessagesThatBreakTheRules() throws IOException {
        final Heard heard = new Heard();
        final TraceLinkAdapter links = new TraceLinkAdapter(heard);
        final MetadataAdapter metadata = new MetadataAdapter(heard);

        hear(links, "trace_TraceLinkSet_parents0");
        hear(metadata, "wire_DataSourceMeta_empty_value"); // its key is empty
        hear(metadata, "wire_MetaBlobChunk_empty");
        final ProgressAdapter progress = new ProgressAdapter(heard);
        hear(progress, "wire_FrameProgress_unknown");

        assertThat(heard.lines()).isEmpty();
        assertThat(links.unreadable()).isEqualTo(1);
        assertThat(metadata.unreadable()).isEqualTo(2);
        assertThat(progress.unreadable()).isEqualTo(1);
    }

    @Test
    void shouldUnderstandAttributesOfAllFormats() throws IOException {
        final Heard heard = new Heard();

        hear(new MetadataAdapter(heard), "wire_DataSourceMeta_attrs3");

        assertThat(heard.lines()).hasSize(1);
        assertThat(heard.lines().getFirst())
                .startsWith("meta 10000 3 " + MADE_NS
                        + " [camera_serial (text/plain, 7 bytes), intrinsics (application/json, ");
    }

    private static void hear(final FragmentHandler adapter, final String file) throws IOException {
        final byte[] message = Files.readAllBytes(SharedFiles.assumePresent("golden/sbe/" + file + ".bin"));
        adapter.onFragment(new UnsafeBuffer(message), 0, message.length, null);
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayItInTheSameBytes(final Golden golden) throws IOException {
        final byte[] expected = golden.bytes();
        final MessageLog log = new MessageLog();

        golden.message.accept(log);

        assertThat(log.take()).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void shouldUnderstandTheSameBytes(final Golden golden) throws IOException {
        final byte[] message = golden.bytes();
        final Heard heard = new Heard();

        golden.adapter.apply(heard).onFragment(new UnsafeBuffer(message), 0, message.length, null);

        assertThat(heard.lines()).containsExactly(golden.heard);
    }
}
