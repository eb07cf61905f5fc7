package io.tensorpool.shm;

import io.tensorpool.Dtype;
import io.tensorpool.PoolSpec;
import io.tensorpool.TensorShape;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Truncates files under a reading {@link SlotReader}, many times, and counts where the errors come out. The reading code
 * is warmed up first, so that the faults hit compiled code. A class of its own, with a main, because the test runs it in
 * a JVM without tiered compilation, too.
 */
final class TruncationRig implements AutoCloseable {
    static final int WARM_UP_CALLS = 1_200_000;

    private static final int NSLOTS = 64;
    private static final int STRIDE_BYTES = 4096;
    private static final int POLL_LIMIT = 10;
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT64, STRIDE_BYTES / Long.BYTES);

    /**
     * What was counted.
     *
     * @param caught   errors caught around a poll, one per truncated file.
     * @param surfaced errors that came out in code that has nothing to do with shared memory.
     * @param torn     frames accepted as intact with a wrong content.
     * @param accepted frames accepted as intact.
     */
    record Counts(int caught, int surfaced, long torn, long accepted) {}

    private final ShmDirectory directory;
    private final RegionFactory factory;
    private final PathPolicy policy;
    private final Random random;
    private final SlotView view = new SlotView();
    private final CyclicBarrier barrier = new CyclicBarrier(2);

    private volatile Path victim = Path.of("/");
    private volatile int delayTurns;
    private long epoch = 1;
    private int caught;
    private int surfaced;
    private long torn;
    private long accepted;
    private long blackHole;

    private TruncationRig(final ShmDirectory directory, final DriverNamespace namespace, final long seed) {
        this.directory = directory;
        random = new Random(seed);
        factory = new RegionFactory(namespace, new RegionOptions(0660, false, false, false));
        policy = PathPolicy.conclude(List.of(directory.path()), FileRules.DEFAULT);
    }

    public static void main(final String[] args) throws Exception {
        System.out.println(run(Integer.parseInt(args[0]), Long.parseLong(args[1])));
    }

    static Counts run(final int faults, final long seed) throws Exception {
        try (ShmDirectory directory = ShmDirectory.create();
                DriverNamespace namespace = DriverNamespace.lock(directory.path(), "test", "faults", 0660, true);
                TruncationRig rig = new TruncationRig(directory, namespace, seed)) {
            rig.warmUp();
            final Thread truncator = Thread.ofPlatform().daemon().start(() -> rig.truncate(faults));
            for (int i = 0; i < faults; i++) {
                rig.fault(namespace);
            }
            truncator.join(TimeUnit.SECONDS.toMillis(10));
            return new Counts(rig.caught, rig.surfaced, rig.torn, rig.accepted);
        }
    }

    @Override
    public void close() {
        policy.close();
    }

    private void warmUp() {
        final EpochMapping written = written();
        final EpochMapping read = read(written);
        final SlotReader reader = new SlotReader(read);
        for (int calls = 0; calls < WARM_UP_CALLS; calls += POLL_LIMIT) {
            poll(reader, calls);
            unrelated(calls);
        }
        read.release();
        written.release();
    }

    private EpochMapping written() {
        final EpochMapping mapping =
                factory.create(new EpochSpec(10_000, epoch++, NSLOTS, List.of(new PoolSpec(1, STRIDE_BYTES))), true);
        final SlotWriter writer = new SlotWriter(mapping);
        for (long seq = 0; seq < NSLOTS; seq++) {
            final MemorySegment payload = writer.claim(seq, 0, STRIDE_BYTES);
            for (int i = 0; i < STRIDE_BYTES; i += Long.BYTES) {
                payload.set(ValueLayout.JAVA_LONG, i, ~seq);
            }
            writer.commit(seq, 0, STRIDE_BYTES, SHAPE, seq, 0);
        }
        return mapping;
    }

    private EpochMapping read(final EpochMapping written) {
        return EpochMapping.map(written.regions(), Access.READ_ONLY, policy, MappingOptions.DEFAULT);
    }

    /** One truncated file: polls until the error is there, then does something else. */
    private void fault(final DriverNamespace namespace) throws Exception {
        final EpochMapping written = written();
        final EpochMapping read = read(written);
        final SlotReader reader = new SlotReader(read);
        final String uri = random.nextBoolean()
                ? read.regions().headerRegionUri()
                : read.regions().pools().getFirst().regionUri();
        victim = Path.of(RegionUri.parse(uri).path());
        delayTurns = random.nextInt(20_000);
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        final int caughtBefore = caught;
        barrier.await(10, TimeUnit.SECONDS);
        for (int turn = 0; caught == caughtBefore; turn += POLL_LIMIT) {
            poll(reader, turn);
            guardedUnrelated(turn);
            if (System.nanoTime() > deadlineNs) {
                throw new IllegalStateException("no fault within 10 s after truncating " + victim);
            }
        }
        for (int turn = 0; turn < 100; turn++) {
            guardedUnrelated(turn);
        }
        read.release();
        written.release();
        namespace.deleteEpoch(written.streamId(), written.epoch());
    }

    /** The shape of a consumer's poll: the catch encloses the loop. */
    private int poll(final SlotReader reader, final int first) {
        int received = 0;
        try {
            for (int i = 0; i < POLL_LIMIT; i++) {
                final long seq = (first + i) & (NSLOTS - 1);
                if (reader.read(seq, view) == SlotReader.OK) {
                    final MemorySegment payload = view.payload();
                    final long head = payload.get(ValueLayout.JAVA_LONG, 0);
                    final long tail = payload.get(ValueLayout.JAVA_LONG, payload.byteSize() - Long.BYTES);
                    if (reader.isIntact(seq)) {
                        accepted++;
                        torn += head == ~seq && tail == ~seq && view.timestampNs() == seq ? 0 : 1;
                        received++;
                    }
                } else {
                    torn++; // nobody overwrites: each slot is committed for good
                }
            }
        } catch (final InternalError e) {
            caught++;
        }
        return received;
    }

    private void guardedUnrelated(final int turn) {
        try {
            unrelated(turn);
        } catch (final InternalError e) {
            surfaced++;
        }
    }

    /** Loops, calls and allocation that have nothing to do with shared memory. */
    private void unrelated(final int turn) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            text.append(turn).append(i);
        }
        for (int i = 0; i < text.length(); i++) {
            blackHole = blackHole * 31 + text.charAt(i);
        }
    }

    private void truncate(final int faults) {
        try {
            for (int i = 0; i < faults; i++) {
                barrier.await(10, TimeUnit.SECONDS);
                for (int turn = 0; turn < delayTurns; turn++) {
                    Thread.onSpinWait();
                }
                try (RandomAccessFile file = new RandomAccessFile(victim.toFile(), "rw")) {
                    file.setLength(0);
                }
            }
        } catch (final IOException | InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException("truncating below " + directory.path() + " failed", e);
        }
    }
}
