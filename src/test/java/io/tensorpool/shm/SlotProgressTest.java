package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Dtype;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.SlotLayout;
import io.tensorpool.layout.TensorHeaderLayout;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What can be known of a slot while it is being filled. */
class SlotProgressTest {
    private static final long SEQ = 11;
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 4, 6).withProgress(ProgressUnit.ROWS);

    private final SlotView view = new SlotView();
    private TestEpoch epoch;
    private EpochMapping mapping;
    private SlotWriter writer;
    private SlotReader reader;

    @BeforeEach
    void open() {
        epoch = new TestEpoch();
        mapping = epoch.map();
        writer = new SlotWriter(epoch.written());
        reader = new SlotReader(mapping);
    }

    @AfterEach
    void close() {
        mapping.release();
        epoch.close();
    }

    private void describe(final long seq) {
        writer.claim(seq, 1, 24).fill((byte) seq);
        writer.describe(seq, 1, 24, SHAPE, 1, 2);
    }

    @Test
    void shouldShowTheHeaderOfAFrameThatIsBeingFilled() {
        assertThat(reader.readProgress(SEQ, view)).isEqualTo(Rejection.SEQ_MISMATCH.code());
        describe(SEQ);

        assertThat(reader.read(SEQ, new SlotView())).isEqualTo(Rejection.NOT_COMMITTED.code());
        assertThat(reader.isIntact(SEQ)).isFalse();
        assertThat(reader.readProgress(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(SHAPE);
        assertThat(view.shape().progressUnit()).isEqualTo(ProgressUnit.ROWS);
        assertThat(view.payload().byteSize()).isEqualTo(24);
        assertThat(view.payload().isReadOnly()).isTrue();
        assertThat(reader.holds(SEQ)).isTrue();
    }

    @Test
    void shouldGoOnToShowItOnceItIsCommitted() {
        describe(SEQ);
        writer.commit(SEQ, 1, 24, SHAPE, 3, 4);

        assertThat(reader.readProgress(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.timestampNs()).isEqualTo(3);
        assertThat(reader.holds(SEQ)).isTrue();
        assertThat(reader.isIntact(SEQ)).isTrue();
    }

    @Test
    void shouldNotShowItOnceTheSlotIsClaimedForAnother() {
        describe(SEQ);
        writer.claim(SEQ + TestEpoch.NSLOTS, 1, 24);

        assertThat(reader.readProgress(SEQ, view)).isEqualTo(Rejection.SEQ_MISMATCH.code());
        assertThat(reader.holds(SEQ)).isFalse();
    }

    @Test
    void shouldRefuseAHeaderThatIsWrong() {
        describe(SEQ);
        final MemorySegment slot = epoch.written()
                .headerRing()
                .asSlice(HeaderRingLayout.slotOffset((int) SEQ & 7), HeaderRingLayout.SLOT_BYTES);

        TensorHeaderLayout.PROGRESS_STRIDE_BYTES_VH.set(slot, SlotLayout.TENSOR_HEADER_OFFSET, 5);
        assertThat(reader.readProgress(SEQ, view)).isEqualTo(Rejection.PROGRESS_STRIDE.code());
        TensorHeaderLayout.PROGRESS_STRIDE_BYTES_VH.set(slot, SlotLayout.TENSOR_HEADER_OFFSET, 0);
        assertThat(reader.readProgress(SEQ, view)).isEqualTo(Rejection.PROGRESS_STRIDE.code());
        TensorHeaderLayout.PROGRESS_UNIT_VH.set(slot, SlotLayout.TENSOR_HEADER_OFFSET, (byte) 3);
        assertThat(reader.readProgress(SEQ, view)).isEqualTo(Rejection.PROGRESS_UNIT.code());
        SlotLayout.VALUES_LEN_BYTES_VH.set(slot, 0L, 65);
        TensorHeaderLayout.PROGRESS_UNIT_VH.set(slot, SlotLayout.TENSOR_HEADER_OFFSET, (byte) 0);
        assertThat(reader.readProgress(SEQ, view)).isEqualTo(Rejection.VALUES_LENGTH.code());
    }

    @Test
    void shouldRefuseToDescribeMoreThanWasClaimed() {
        writer.claim(SEQ, 1, 23);

        assertThatThrownBy(() -> writer.describe(SEQ, 1, 23, SHAPE, 1, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes 24 bytes; the payload has 23");
    }

    /** Frames of two shapes in turn, described, committed and lapped at full speed: a header never mixes two of them. */
    @Test
    void shouldNeverMixTheHeadersOfTwoFrames() throws InterruptedException {
        final TensorShape[] shapes = {SHAPE, TensorShape.of(Dtype.UINT16, 2, 2, 3)};
        final AtomicBoolean isOver = new AtomicBoolean();
        final AtomicLong latest = new AtomicLong();
        final Thread writing = Thread.ofPlatform().start(() -> {
            for (long seq = 0; !isOver.get(); seq++) {
                final int kind = (int) (seq / TestEpoch.NSLOTS) & 1;
                writer.claim(seq, kind, 24);
                writer.describe(seq, kind, 24, shapes[kind], seq, kind);
                latest.set(seq);
                writer.commit(seq, kind, 24, shapes[kind], seq, kind);
            }
        });
        int mixed = 0;
        for (int accepted = 0; accepted < 20_000; ) {
            final long seq = latest.get();
            final int kind = (int) (seq / TestEpoch.NSLOTS) & 1;
            if (reader.readProgress(seq, view) == SlotReader.OK) {
                accepted++;
                mixed += view.shape().equals(shapes[kind]) && view.poolIndex() == kind && view.metaVersion() == kind
                        ? 0
                        : 1;
            }
        }
        isOver.set(true);
        writing.join();
        assertThat(mixed).isZero();
    }

    @Test
    void shouldReuseThePrefixesOfPayloadsThatFillUpAlike() {
        final PrefixSlices prefixes = new PrefixSlices();
        final MemorySegment payload = mapping.slot(0, 0);
        final MemorySegment other = mapping.slot(0, 1);
        final MemorySegment half = prefixes.get(payload, 512);

        assertThat(half.byteSize()).isEqualTo(512);
        assertThat(half.address()).isEqualTo(payload.address());
        assertThat(half.isReadOnly()).isTrue();
        assertThat(prefixes.get(other, 512).address()).isEqualTo(other.address());
        assertThat(prefixes.get(payload, 0).byteSize()).isZero();
        assertThat(prefixes.get(payload, 1024)).isSameAs(payload);
        assertThat(prefixes.get(payload, 512)).isSameAs(half);
        for (int length = 0; length <= 1024; length++) {
            for (int slot = 0; slot < TestEpoch.NSLOTS; slot++) {
                final MemorySegment prefix = prefixes.get(mapping.slot(0, slot), length);
                assertThat(prefix.byteSize()).isEqualTo(length);
                assertThat(prefix.address()).isEqualTo(mapping.slot(0, slot).address());
            }
        }
        assertThatThrownBy(() -> prefixes.get(payload, 1025)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
