package io.tensorpool.cli;

import io.tensorpool.config.DriverConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Looks at configuration files without running anything. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Checks or shows a driver's configuration.",
        subcommands = {ConfigCommand.Validate.class, ConfigCommand.Dump.class})
final class ConfigCommand implements Callable<Integer> {
    ConfigCommand() {}

    @Override
    public Integer call() {
        System.err.println("tensorpool: config: expected validate or dump; see --help");
        return picocli.CommandLine.ExitCode.USAGE;
    }

    /** Says whether a driver would take the file. */
    @Command(
            name = "validate",
            mixinStandardHelpOptions = true,
            description = "Checks a file, and the environment over it, as a driver would. Exit code 0 if it is usable.")
    static final class Validate implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "configuration")
        Path file = Path.of("");

        Validate() {}

        @Override
        public Integer call() {
            DriverConfig.validate(file, System.getenv());
            System.out.println(file + " is usable");
            return 0;
        }
    }

    /** Shows what a driver would make of the file. */
    @Command(
            name = "dump",
            mixinStandardHelpOptions = true,
            description = "Prints every setting as a driver would take it, with where it comes from.")
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "configuration")
        Path file = Path.of("");

        Dump() {}

        @Override
        public Integer call() {
            System.out.print(DriverConfig.dump(file, System.getenv()));
            return 0;
        }
    }
}
