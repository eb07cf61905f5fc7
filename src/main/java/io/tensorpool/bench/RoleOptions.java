package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one role of a trial is told.
 *
 * @param aeronDir    directory of the media driver.
 * @param streamId    stream of the frames.
 * @param ackStreamId Aeron stream on which a {@link Flow#CONTROLLED} consumer says how far it is.
 * @param setting     what to do.
 */
public record RoleOptions(String aeronDir, int streamId, int ackStreamId, Setting setting) {
    /** The same with another setting. */
    RoleOptions with(final Setting changed) {
        return new RoleOptions(aeronDir, streamId, ackStreamId, changed);
    }

    /** The options as a role gets them, in the protocol that all roles speak. */
    List<String> arguments() {
        final List<String> arguments = new ArrayList<>(List.of(
                "--aeron-dir", aeronDir,
                "--stream", Integer.toString(streamId),
                "--ack-stream", Integer.toString(ackStreamId),
                "--size", Integer.toString(setting.sizeBytes()),
                "--work", setting.work().name().toLowerCase(Locale.ROOT),
                "--flow", setting.flow().name().toLowerCase(Locale.ROOT),
                "--rate", number(setting.rateHz()),
                "--slots", Integer.toString(setting.slots())));
        arguments.addAll(List.of(
                "--warmup-seconds",
                number(setting.timing().warmupSeconds()),
                "--seconds",
                number(setting.timing().seconds())));
        setting.extras().forEach((name, value) -> arguments.addAll(List.of("--extra", name + "=" + value)));
        return arguments;
    }

    /** Without a fraction where there is none, for peers that read whole numbers. */
    private static String number(final double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
