package io.tensorpool.client;

import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.ConsumerHelloProxy;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.MetadataProxy;
import io.tensorpool.protocol.QosProxy;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.PathPolicy;

/** What every session of a client works with; all of it the conductor's. */
record ClientServices(
        ClientContext context,
        AeronConnection connection,
        FileWorker fileWorker,
        PathPolicy paths,
        LingeringMappings lingering,
        ClientIds ids,
        AnnounceCounts announceCounts,
        Proxies proxies,
        ClientEvents events) {
    /** What a client says, on four shared publications. */
    record Proxies(
            DriverRequestProxy driver,
            ConsumerHelloProxy hello,
            ConsumerConfigProxy config,
            QosProxy qos,
            MetadataProxy metadata) {}

    long nowNs() {
        return context.nanoClock().nanoTime();
    }
}
