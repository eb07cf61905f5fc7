package io.tensorpool.client;

import io.tensorpool.Endpoint;
import io.tensorpool.runtime.ServiceContext;

/**
 * Settings of stand-alone pollers. Filled by one thread and given to one {@link Pollers}. The time-outs and the Aeron client are
 * as for every service; there is no agent, since whoever polls is the thread.
 */
public final class PollerContext extends ServiceContext<PollerContext> {
    private static final int CONTROL_STREAM_ID = 1000;
    private static final int DESCRIPTOR_STREAM_ID = 1100;
    private static final int QOS_STREAM_ID = 1200;
    private static final int METADATA_STREAM_ID = 1300;

    private String name = "tensorpool-pollers";
    private Endpoint controlEndpoint = Endpoint.ipc(CONTROL_STREAM_ID);
    private Endpoint descriptorEndpoint = Endpoint.ipc(DESCRIPTOR_STREAM_ID);
    private Endpoint qosEndpoint = Endpoint.ipc(QOS_STREAM_ID);
    private Endpoint metadataEndpoint = Endpoint.ipc(METADATA_STREAM_ID);

    /** With the defaults. */
    public PollerContext() {}

    PollerContext conclude() {
        concludeOnce();
        return this;
    }

    /**
     * Name for Aeron's tools.
     *
     * @param newName {@code tensorpool-pollers} by default.
     * @return this.
     */
    public PollerContext name(final String newName) {
        this.name = newName;
        return this;
    }

    String name() {
        return name;
    }

    /**
     * Where control messages, progress and trace links travel.
     *
     * @param endpoint stream 1000 by default.
     * @return this.
     */
    public PollerContext controlEndpoint(final Endpoint endpoint) {
        this.controlEndpoint = endpoint;
        return this;
    }

    Endpoint controlEndpoint() {
        return controlEndpoint;
    }

    /**
     * Where frames are announced.
     *
     * @param endpoint stream 1100 by default.
     * @return this.
     */
    public PollerContext descriptorEndpoint(final Endpoint endpoint) {
        this.descriptorEndpoint = endpoint;
        return this;
    }

    Endpoint descriptorEndpoint() {
        return descriptorEndpoint;
    }

    /**
     * Where producers and consumers report.
     *
     * @param endpoint stream 1200 by default.
     * @return this.
     */
    public PollerContext qosEndpoint(final Endpoint endpoint) {
        this.qosEndpoint = endpoint;
        return this;
    }

    Endpoint qosEndpoint() {
        return qosEndpoint;
    }

    /**
     * Where sources say what they are.
     *
     * @param endpoint stream 1300 by default.
     * @return this.
     */
    public PollerContext metadataEndpoint(final Endpoint endpoint) {
        this.metadataEndpoint = endpoint;
        return this;
    }

    Endpoint metadataEndpoint() {
        return metadataEndpoint;
    }
}
