package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.ProgressHints;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a consumer reads. Filled by one thread, given to {@link TensorPoolClient#addConsumer(ConsumerOptions)}, and not changed
 * any more afterwards. Each setter returns this.
 */
public final class ConsumerOptions {
    /** Gap after which a consumer catches up, as the wire specification recommends in 15.4. */
    public static final int MAX_OUTSTANDING_SEQ_GAP = 256;

    private final int streamId;
    private ConsumerHello.Rate rate = ConsumerHello.Rate.ALL;
    private ProgressHints progress = ProgressHints.NOT_WANTED;
    private OwnStream ownDescriptors = OwnStream.NONE;
    private OwnStream ownControls = OwnStream.NONE;
    private @Nullable Endpoint descriptorEndpoint;
    private boolean isWithoutDriver;
    private @Nullable GivenRegions regions;
    private @Nullable FrameHandler handler;
    private int maxOutstandingSeqGap;

    private ConsumerOptions(final int streamId) {
        this.streamId = streamId;
    }

    /**
     * The defaults: every frame, from the client's descriptor endpoint.
     *
     * @param streamId unsigned 32-bit id of the stream.
     * @return the options.
     */
    public static ConsumerOptions of(final int streamId) {
        return new ConsumerOptions(streamId);
    }

    /**
     * Takes at most so many frames per second (wire specification 11). On a stream of the consumer's own the producer leaves
     * the others out; on the shared one they are skipped here, by the time of their publication, else of their capture.
     *
     * @param maxRateHz more than 0.
     * @return this.
     */
    public ConsumerOptions rateLimited(final int maxRateHz) {
        if (maxRateHz <= 0) {
            throw new ConfigurationException("maxRateHz = " + maxRateHz + ": expected more than 0");
        }
        rate = new ConsumerHello.Rate(ConsumerMode.RATE_LIMITED, maxRateHz);
        return this;
    }

    /**
     * Asks for a descriptor stream of this consumer's own (wire specification 5). Whoever answers may assign another id, or
     * none; the consumer then stays on the shared stream.
     *
     * @param wished plain IPC, with terms of at most 4 MiB; its stream id is not 0.
     * @return this.
     * @throws ConfigurationException if nobody could grant it.
     */
    public ConsumerOptions ownDescriptors(final Endpoint wished) {
        ownDescriptors = wish("ownDescriptors", wished);
        return this;
    }

    /**
     * Asks for a control stream of this consumer's own, for progress messages (wire specification 5), as
     * {@link #ownDescriptors} does.
     *
     * @param wished plain IPC, with terms of at most 4 MiB; its stream id is not 0.
     * @return this.
     * @throws ConfigurationException if nobody could grant it.
     */
    public ConsumerOptions ownControls(final Endpoint wished) {
        ownControls = wish("ownControls", wished);
        return this;
    }

    private static OwnStream wish(final String name, final Endpoint wished) {
        if (wished.streamId() == 0 || wished.channel().length() > OwnStream.MAX_CHANNEL_LENGTH) {
            throw new ConfigurationException(name + " = " + wished + ": expected a stream id other than 0, and at most "
                    + OwnStream.MAX_CHANNEL_LENGTH + " characters");
        }
        if (!Channels.isForOwnStream(wished.channel())) {
            throw new ConfigurationException(name + " = " + wished
                    + ": expected aeron:ipc, with no parameter but alias and term-length, 64k to 4m");
        }
        return new OwnStream(wished.channel(), wished.streamId());
    }

    /**
     * Asks for progress messages (wire specification 10.1.2), to be taken with {@link Consumer#pollProgress}.
     *
     * @param hints {@link ProgressHints#NOT_WANTED} by default.
     * @return this.
     */
    public ConsumerOptions progress(final ProgressHints hints) {
        progress = hints;
        return this;
    }

    /**
     * Where frames are announced to all.
     *
     * @param endpoint the client's by default.
     * @return this.
     */
    public ConsumerOptions descriptorEndpoint(final Endpoint endpoint) {
        descriptorEndpoint = endpoint;
        return this;
    }

    /**
     * Asks no driver for a lease, and maps what is announced for the stream (wire specification 10.1.1): by a producer that
     * makes its own memory ({@link ProducerOptions#withOwnMemory}), or by whoever else announces it. The consumer is there
     * before its producer is.
     *
     * @return this.
     */
    public ConsumerOptions withoutDriver() {
        isWithoutDriver = true;
        return this;
    }

    /**
     * Frames go to this handler, in the client's duty cycle: its own thread, or, in invoker mode, whoever calls
     * {@link TensorPoolClient#doWork}. The consumer cannot be polled then. The handler holds up everything else that the client
     * does, so it should take less than a millisecond, and not wait for the client. What it throws goes to the client's error
     * handler, and the next frame comes.
     *
     * @param takesFrames none by default.
     * @return this.
     */
    public ConsumerOptions handler(final FrameHandler takesFrames) {
        handler = takesFrames;
        return this;
    }

    /**
     * Asks no driver, and reads regions that are known in advance; their superblocks say the rest (wire specification 7.1
     * and 15.22). Announces are not followed. When nobody writes into the regions any more, they are looked into again and
     * again, for a higher epoch in the same files.
     *
     * @param headerRegionUri {@code shm:file?path=...} of the header ring.
     * @param poolUris        those of the payload pools; at least one.
     * @return this.
     * @throws ConfigurationException if there is no pool.
     */
    public ConsumerOptions regions(final String headerRegionUri, final List<String> poolUris) {
        if (poolUris.isEmpty()) {
            throw new ConfigurationException("poolUris: none is given; expected at least one");
        }
        regions = new GivenRegions(headerRegionUri, poolUris);
        return withoutDriver();
    }

    boolean isWithoutDriver() {
        return isWithoutDriver;
    }

    @Nullable
    GivenRegions regions() {
        return regions;
    }

    /**
     * Drops everything up to the newest frame after a gap of more than so many frames (wire specification 15.4): whoever was
     * left behind once would otherwise work through frames that are about to be overwritten. What is dropped is counted, and
     * reported, as a gap.
     *
     * @param maxFrames more than 0, such as {@link #MAX_OUTSTANDING_SEQ_GAP}. Unless this is called nothing is dropped.
     * @return this.
     */
    public ConsumerOptions resyncAfterGap(final int maxFrames) {
        if (maxFrames <= 0) {
            throw new ConfigurationException("resyncAfterGap = " + maxFrames + ": expected more than 0");
        }
        maxOutstandingSeqGap = maxFrames;
        return this;
    }

    @Nullable
    FrameHandler handler() {
        return handler;
    }

    /** 0 for no limit. */
    int maxOutstandingSeqGap() {
        return maxOutstandingSeqGap;
    }

    int streamId() {
        return streamId;
    }

    ConsumerHello.Rate rate() {
        return rate;
    }

    boolean asksForStreams() {
        return !(ownDescriptors.isNone() && ownControls.isNone());
    }

    ProgressHints progress() {
        return progress;
    }

    OwnStreams wishes() {
        return new OwnStreams(ownDescriptors, ownControls);
    }

    Endpoint descriptorEndpointOr(final Endpoint ofClient) {
        return descriptorEndpoint == null ? ofClient : descriptorEndpoint;
    }

    /** How a consumer with these options presents itself. */
    ConsumerHello hello(final int consumerId) {
        return new ConsumerHello(streamId, consumerId, true, EpochRegions.LAYOUT_VERSION, rate, progress, wishes());
    }
}
