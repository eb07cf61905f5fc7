package io.tensorpool.client;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.QueuedFileWorker;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Owners of memory in virtual time: real files in a private directory, announces into a log. One thread. */
final class RegionOwnerRig implements AutoCloseable, RegionOwner.Listener {
    /** What an announce said. */
    record Announce(EpochRegions regions, int producerId, long timestampNs, ClockDomain clock) {}

    static final int STREAM_ID = 10_000;
    static final int PRODUCER_ID = -7;
    static final long WALL_NS = TimeUnit.DAYS.toNanos(20_000);
    static final long ANNOUNCE_NS = TimeUnit.MILLISECONDS.toNanos(800);
    static final long BACKOFF_MIN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    static final StreamProfile PROFILE =
            new StreamProfile("own", 8, List.of(new PoolSpec(1, 1024), new PoolSpec(7, 64 * 1024)));

    final ShmDirectory directory = ShmDirectory.create();
    final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1); // overflows on the way
    final ManualClock wallClock = new ManualClock(WALL_NS);
    final QueuedFileWorker files = new QueuedFileWorker();
    final MessageLog log = new MessageLog();
    final List<Throwable> errors = new ArrayList<>();
    final List<String> effects = new ArrayList<>();
    final List<String> transitions = new ArrayList<>();
    final List<EpochMapping> made = new ArrayList<>();

    @Nullable
    TensorPoolException refusal;

    private final ClientContext context = new ClientContext()
            .nanoClock(clock)
            .epochNanoClock(wallClock::nanoTime)
            .announcePeriodNs(ANNOUNCE_NS)
            .backoffNs(BACKOFF_MIN_NS, 4 * BACKOFF_MIN_NS)
            .errorHandler(errors::add);
    private final LingeringMappings lingering = new LingeringMappings(files, 1, errors::add);
    /** Whether announces are too long, as a publication with small terms says. */
    boolean refuse;

    private final MessageSink sink = new MessageSink() {
        @Override
        public long tryClaim(final int length, final BufferClaim claim) {
            return log.tryClaim(length, claim);
        }

        @Override
        public long offer(final DirectBuffer buffer, final int offset, final int length) {
            if (refuse) {
                throw new IllegalArgumentException("message exceeds maxMessageLength of 128, length=" + length);
            }
            return log.offer(buffer, offset, length);
        }
    };
    private final List<RegionOwner> owners = new ArrayList<>();

    OwnMemory memory() {
        return OwnMemory.of(PROFILE).withBaseDir(directory.path()).withNamespace("test", "direct");
    }

    RegionOwner open(final OwnMemory memory) {
        final RegionOwner owner = new RegionOwner(
                context,
                files,
                lingering,
                new AnnounceProxy(sink),
                new RegionOwner.Stream(STREAM_ID, PRODUCER_ID, memory),
                this,
                new AttachmentStatus());
        owners.add(owner);
        return owner;
    }

    /** One that has its first epoch, and has announced it. */
    RegionOwner opened(final OwnMemory memory) {
        final RegionOwner owner = open(memory);
        run(owner, 0);
        log.clear();
        effects.clear();
        return owner;
    }

    /** Some time passes, and everything that is due then is done. */
    void run(final RegionOwner owner, final long afterNs) {
        wallClock.advance(afterNs);
        clock.advance(afterNs);
        for (int i = 0; i < 4; i++) {
            owner.doWork(clock.nanoTime());
            files.drainCompletions();
            lingering.doWork(clock.nanoTime());
        }
    }

    List<Announce> heard() {
        final List<Announce> heard = new ArrayList<>();
        log.poll(
                new AnnounceAdapter((regions, producerId, timestampNs, domain) ->
                        heard.add(new Announce(regions, producerId, timestampNs, domain))),
                Integer.MAX_VALUE);
        return heard;
    }

    EpochMapping epoch() {
        return made.getLast();
    }

    Path streamDirectory() {
        return directory.path().resolve("tensorpool-test/direct-10000/10000");
    }

    /** The epochs that have files. */
    List<Long> epochsOnDisk() {
        if (!Files.isDirectory(streamDirectory())) {
            return List.of();
        }
        try (Stream<Path> epochs = Files.list(streamDirectory())) {
            return epochs.map(path -> Long.parseUnsignedLong(path.getFileName().toString()))
                    .sorted(Long::compareUnsigned)
                    .toList();
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public void onEpochMade(final EpochMapping mapping) {
        made.add(mapping);
        effects.add("made");
    }

    @Override
    public void onStateChanged(final AttachmentState from) {
        transitions.add(from.toString());
    }

    @Override
    public void onLeaseLost(final String cause) {
        effects.add("lost");
    }

    @Override
    public void onAttachFailed(final TensorPoolException cause) {
        refusal = cause;
        effects.add("failed");
    }

    @Override
    public void close() {
        owners.forEach(owner -> owner.close(0));
        files.close();
        lingering.close();
        files.close();
        directory.close();
    }
}
