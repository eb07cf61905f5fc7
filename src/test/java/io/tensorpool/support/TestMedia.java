package io.tensorpool.support;

import io.tensorpool.Endpoint;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.OwnMemory;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A media driver in this process and a private directory for memory, and no driver: producers make their own memory. */
public final class TestMedia implements AutoCloseable {
    public static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(100);
    public static final long FRESHNESS_NS = 3 * PERIOD_NS;

    private static final Endpoint DESCRIPTORS = new Endpoint("aeron:ipc?term-length=64k", 1100);

    private final ShmDirectory directory = ShmDirectory.create();
    private final EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();

    public Path path() {
        return directory.path();
    }

    public String aeronDirectoryName() {
        return mediaDriver.aeronDirectoryName();
    }

    /** Announces each 100 ms, reports each 50 ms. */
    public ClientContext clientContext() {
        return new ClientContext()
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .allowedBaseDirs(List.of(directory.path()))
                .descriptorEndpoint(DESCRIPTORS)
                .announcePeriodNs(PERIOD_NS)
                .reportIntervalNs(PERIOD_NS / 2)
                .addTimeoutNs(TimeUnit.SECONDS.toNanos(5))
                .mappingLingerNs(PERIOD_NS)
                .backoffNs(TimeUnit.MILLISECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(100));
    }

    public TensorPoolClient connect() {
        return TensorPoolClient.connect(clientContext());
    }

    /** Memory in the private directory, as {@link TestDriver} gives it. */
    public OwnMemory memory() {
        return OwnMemory.of(TestDriver.PROFILE).withBaseDir(directory.path()).withNamespace("test", "direct");
    }

    public ProducerOptions producer(final int streamId) {
        return ProducerOptions.of(streamId).withOwnMemory(memory());
    }

    /** Files below the directory that hold frames, or did. */
    public List<Path> regions() {
        try (Stream<Path> files = Files.walk(directory.path())) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("driver.lock"))
                    .sorted()
                    .toList();
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** What of the streams' memory is open or mapped in this process. */
    public ResourceCount resources() {
        return ResourceCount.below(directory.path());
    }

    @Override
    public void close() {
        try (directory) {
            mediaDriver.close();
        }
    }
}
