package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Dtype;
import io.tensorpool.PoolSpec;
import io.tensorpool.TensorShape;
import io.tensorpool.support.ShmDirectory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One writer that laps its readers as fast as it can, each through its own mapping. A frame that is intact to the end has
 * the content of its sequence number, whole.
 */
class SeqlockStressTest {
    private static final int NSLOTS = 2;
    private static final int READERS = 2;
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(30);

    private ShmDirectory directory;
    private DriverNamespace namespace;
    private PathPolicy policy;
    private volatile long published = -1;
    private volatile boolean stopped;

    @BeforeEach
    void open() {
        directory = ShmDirectory.create();
        namespace = DriverNamespace.lock(directory.path(), "test", "stress", 0660, true);
        policy = PathPolicy.conclude(List.of(directory.path()), FileRules.DEFAULT);
    }

    @AfterEach
    void close() {
        policy.close();
        namespace.close();
        directory.close();
    }

    /** The largest length is beyond the limit from which on the writer uses a full fence. */
    @ParameterizedTest
    @CsvSource({"64,20000", "4096,5000", "2097152,20"})
    void shouldNeverAcceptATornFrame(final int lengthBytes, final long framesPerReader) throws Exception {
        final EpochSpec spec = new EpochSpec(10_000, 1, NSLOTS, List.of(new PoolSpec(1, lengthBytes)));
        final EpochMapping written = new RegionFactory(namespace, TestEpoch.OPTIONS).create(spec, true);
        final Reader[] readers = new Reader[READERS];
        for (int i = 0; i < READERS; i++) {
            readers[i] =
                    new Reader(EpochMapping.map(written.regions(), Access.READ_ONLY, policy, MappingOptions.DEFAULT));
            readers[i].start();
        }
        final long frames = write(new SlotWriter(written), lengthBytes, readers, framesPerReader);
        stopped = true;
        for (final Reader reader : readers) {
            reader.join(TimeUnit.SECONDS.toMillis(10));
            assertThat(reader.isAlive()).isFalse();
            assertThat(reader.failure).isNull();
            assertThat(reader.torn).as("torn of %d accepted", reader.accepted).isZero();
            assertThat(reader.accepted)
                    .as("accepted while %d were written, %d late", frames, reader.late)
                    .isGreaterThanOrEqualTo(framesPerReader);
            assertThat(reader.late).as("the writer has lapped the reader").isPositive();
            reader.mapping.release();
        }
        written.release();
    }

    private long write(
            final SlotWriter writer, final int lengthBytes, final Reader[] readers, final long framesPerReader) {
        final TensorShape shape = TensorShape.of(Dtype.UINT64, lengthBytes / Long.BYTES);
        final MemorySegment content = Arena.ofAuto().allocate(lengthBytes, Long.BYTES);
        final long deadlineNs = System.nanoTime() + DEADLINE_NS;
        long seq = 0;
        for (; !enough(readers, framesPerReader) && System.nanoTime() < deadlineNs; seq++) {
            for (long i = 0; i < lengthBytes; i += Long.BYTES) {
                content.set(ValueLayout.JAVA_LONG, i, ~seq);
            }
            writer.claim(seq, 0, lengthBytes).copyFrom(content);
            writer.commit(seq, 0, lengthBytes, shape, seq, (int) seq);
            published = seq;
        }
        return seq;
    }

    private static boolean enough(final Reader[] readers, final long frames) {
        for (final Reader reader : readers) {
            if (reader.accepted < frames || reader.late == 0) {
                return false;
            }
        }
        return true;
    }

    private final class Reader extends Thread {
        private final EpochMapping mapping;
        private volatile long accepted;
        private volatile long late;
        private volatile long torn;
        private volatile Throwable failure;

        Reader(final EpochMapping mapping) {
            this.mapping = mapping;
        }

        @Override
        @SuppressWarnings("NonAtomicOperationOnVolatileField") // single writer: this thread
        public void run() {
            final SlotReader reader = new SlotReader(mapping);
            final SlotView view = new SlotView();
            try {
                while (!stopped) {
                    final long seq = published;
                    if (seq < 0) {
                        Thread.onSpinWait();
                        continue;
                    }
                    final int code = reader.read(seq, view);
                    if (code != SlotReader.OK) {
                        if (!Rejection.of(code).isLate()) {
                            throw new AssertionError("frame " + seq + " was refused: " + Rejection.of(code));
                        }
                        late++;
                        continue;
                    }
                    final boolean whole = isWhole(view, seq);
                    if (!reader.isIntact(seq)) {
                        late++;
                    } else {
                        torn += whole ? 0 : 1;
                        accepted++;
                    }
                }
            } catch (final RuntimeException | Error e) {
                failure = e;
            }
        }

        private static boolean isWhole(final SlotView view, final long seq) {
            final MemorySegment payload = view.payload();
            boolean whole = view.timestampNs() == seq && view.metaVersion() == (int) seq;
            for (long i = 0; i < payload.byteSize(); i += Long.BYTES) {
                whole &= payload.get(ValueLayout.JAVA_LONG, i) == ~seq;
            }
            return whole;
        }
    }
}
