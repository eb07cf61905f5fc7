package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.client.ClientContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where driver, producer and consumer talk, where that is not the usual place. */
final class EndpointOptions {
    private static final String FORM =
            "stream id, or channel#stream id, such as 1000 or 'aeron:ipc?term-length=4m#1000'";

    @Option(
            names = "--control",
            paramLabel = "ENDPOINT",
            description = "where the driver takes requests: " + FORM + " (default: 1000)")
    @Nullable
    String control;

    @Option(
            names = "--announce",
            paramLabel = "ENDPOINT",
            description = "where the driver announces memory, likewise (default: 1001)")
    @Nullable
    String announce;

    @Option(
            names = "--descriptor",
            paramLabel = "ENDPOINT",
            description = "where producers announce frames, likewise (default: 1100)")
    @Nullable
    String descriptor;

    @Option(
            names = "--qos",
            paramLabel = "ENDPOINT",
            description = "where producers and consumers report, likewise (default: 1200)")
    @Nullable
    String qos;

    EndpointOptions() {}

    ClientContext applyTo(final ClientContext context) {
        if (control != null) {
            context.controlEndpoint(endpoint("--control", control));
        }
        if (announce != null) {
            context.announceEndpoint(endpoint("--announce", announce));
        }
        if (descriptor != null) {
            context.descriptorEndpoint(endpoint("--descriptor", descriptor));
        }
        if (qos != null) {
            context.qosEndpoint(endpoint("--qos", qos));
        }
        return context;
    }

    private static Endpoint endpoint(final String option, final String text) {
        final int separator = text.lastIndexOf('#');
        final String channel = separator < 0 ? Endpoint.IPC_CHANNEL : text.substring(0, separator);
        try {
            final int streamId = Integer.parseInt(text.substring(separator + 1));
            if (streamId > 0) {
                return new Endpoint(channel, streamId);
            }
        } catch (final NumberFormatException | ConfigurationException ex) {
            throw new ConfigurationException(option + " '" + text + "': expected a " + FORM, ex);
        }
        throw new ConfigurationException(option + " '" + text + "': expected a " + FORM);
    }
}
