package io.tensorpool.bench;

import io.tensorpool.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiPredicate;

/**
 * What is measured beside what.
 *
 * @param name     lower case; in rows.
 * @param command  that runs either of its roles, followed by {@code produce} or {@code consume} and options.
 * @param canDo    whether it can do a setting of the experiment of that name.
 */
public record Subject(String name, List<String> command, BiPredicate<String, Setting> canDo) {
    private static final List<String> FOR_PEERS = List.of("throughput", "latency");

    /** Copies the command. */
    public Subject {
        command = List.copyOf(command);
    }

    /**
     * This implementation, which can do everything.
     *
     * @param program command that starts this program again; {@link ChildProcess#java}.
     * @return the subject.
     */
    public static Subject tensorPool(final List<String> program) {
        return own(program, Roles.TENSORPOOL, (experiment, setting) -> true);
    }

    /**
     * Names of the baselines that come with the rig.
     *
     * @return in the order in which they are shown.
     */
    public static List<String> baselineNames() {
        return List.of(AeronIpc.NAME, DomainSocket.NAME, Copy.MEMCPY);
    }

    /**
     * A baseline. Those that carry payloads lose none, and so do nothing that is free-running; {@code memcpy} is for the
     * experiment {@code copy} alone.
     *
     * @param program command that starts this program again; {@link ChildProcess#java}.
     * @param name    one of {@link #baselineNames()}.
     * @return the subject.
     * @throws ConfigurationException if there is none of that name.
     */
    public static Subject baseline(final List<String> program, final String name) {
        if (!baselineNames().contains(name)) {
            throw new ConfigurationException("--against '" + name + "': expected some of " + baselineNames());
        }
        return own(
                program,
                name,
                (experiment, setting) -> !name.equals(Copy.MEMCPY)
                        && FOR_PEERS.contains(experiment)
                        && setting.flow() != Flow.FREE
                        && setting.extras().isEmpty());
    }

    /** A subject of {@link Roles}. */
    static Subject own(final List<String> program, final String name, final BiPredicate<String, Setting> canDo) {
        final List<String> command = new ArrayList<>(program);
        command.addAll(List.of("bench-role", name));
        return new Subject(name, command, canDo);
    }

    /**
     * A program that is not ours, and speaks the protocol of the roles.
     *
     * @param text {@code NAME=COMMAND}; the words of the command are separated by spaces.
     * @return the subject.
     * @throws ConfigurationException if it is not of that form.
     */
    public static Subject peer(final String text) {
        final int sign = text.indexOf('=');
        final String name = sign < 0 ? "" : text.substring(0, sign);
        final String command = text.substring(sign + 1).strip();
        if (!name.matches("[a-z][a-z0-9_-]*")
                || command.isEmpty()
                || Roles.names().contains(name)) {
            throw new ConfigurationException("--peer '" + text
                    + "': expected NAME=COMMAND, where NAME is lower case and" + " none of " + Roles.names());
        }
        return new Subject(
                name,
                List.of(command.split("\\s+", -1)),
                (experiment, setting) ->
                        FOR_PEERS.contains(experiment) && setting.extras().isEmpty());
    }

    /** The command line of one of its roles. */
    List<String> commandOf(final Roles.Side side, final RoleOptions options) {
        final List<String> line = new ArrayList<>(command);
        line.add(side.name().toLowerCase(Locale.ROOT));
        line.addAll(options.arguments());
        return line;
    }
}
