package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.TensorPoolException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code tensorpool} command. Exit codes: 0 done, 1 failed, 2 the command line was not understood. */
@Command(
        name = "tensorpool",
        mixinStandardHelpOptions = true,
        version = "tensorpool 0.1.0-SNAPSHOT",
        description = "Zero-copy tensor transport between processes.",
        subcommands = {
            DemoCommand.class,
            DemoRoleCommand.class,
            BenchCommand.class,
            BenchRoleCommand.class,
            DriverCommand.class,
            MediaDriverCommand.class,
            LeasesCommand.class,
            RevokeCommand.class,
            ConfigCommand.class,
            PublishCommand.class,
            SubscribeCommand.class,
        })
public final class Main {
    private Main() {}

    /**
     * Runs one command and exits with its code.
     *
     * @param args of the command line; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        System.exit(run(new PrintWriter(System.err, true, Charset.defaultCharset()), args));
    }

    /** Runs one command; errors go to the given writer. Returns the exit code. */
    static int run(final PrintWriter err, final String... args) {
        return new CommandLine(new Main())
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((ex, commandLine, parsed) -> {
                    if (!(ex instanceof TensorPoolException)) {
                        throw ex;
                    }
                    final List<String> faults = ex instanceof ConfigurationException configuration
                            ? configuration.faults()
                            : List.of(String.valueOf(ex.getMessage()));
                    faults.forEach(fault -> commandLine.getErr().println("tensorpool: " + fault));
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
    }
}
