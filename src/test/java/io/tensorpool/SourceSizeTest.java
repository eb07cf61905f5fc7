package io.tensorpool;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Rooms, not halls: how long a file and a method may be, and how many parameters a constructor may have. */
class SourceSizeTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final int FILE_LINES_MAX = 500;
    private static final int METHOD_LINES_MAX = 60;
    private static final int CONSTRUCTOR_PARAMETERS_MAX = 7;

    @Test
    void shouldKeepFilesShort() throws IOException {
        final List<String> errors = new ArrayList<>();
        for (final Path file : sources()) {
            final int lines = Files.readAllLines(file).size();
            if (lines > FILE_LINES_MAX) {
                errors.add(file + " has " + lines + " lines, at most " + FILE_LINES_MAX);
            }
        }
        assertThat(errors).isEmpty();
    }

    @Test
    void shouldKeepMethodsAndParameterListsShort() throws IOException {
        final List<String> errors = new ArrayList<>();
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            final JavacTask task = (JavacTask)
                    compiler.getTask(null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources()));
            final SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (final CompilationUnitTree unit : task.parse()) {
                new Sizes(unit, positions, errors).scan(unit, null);
            }
        }
        assertThat(errors).isEmpty();
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            final List<Path> sources =
                    files.filter(path -> path.toString().endsWith(".java")).toList();
            assertThat(sources).isNotEmpty();
            return sources;
        }
    }

    private static final class Sizes extends TreeScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<String> errors;

        private Sizes(final CompilationUnitTree unit, final SourcePositions positions, final List<String> errors) {
            this.unit = unit;
            this.positions = positions;
            this.errors = errors;
        }

        @Override
        public Void visitMethod(final MethodTree method, final Void unused) {
            final long first = line(positions.getStartPosition(unit, method));
            final long lines = line(positions.getEndPosition(unit, method)) - first + 1;
            final String where = unit.getSourceFile().getName() + ':' + first + ' ' + method.getName();
            if (lines > METHOD_LINES_MAX) {
                errors.add(where + " has " + lines + " lines, at most " + METHOD_LINES_MAX);
            }
            final int parameters = method.getParameters().size();
            if (method.getName().contentEquals("<init>") && parameters > CONSTRUCTOR_PARAMETERS_MAX) {
                errors.add(where + " has " + parameters + " parameters, at most " + CONSTRUCTOR_PARAMETERS_MAX);
            }
            return super.visitMethod(method, unused);
        }

        private long line(final long position) {
            return unit.getLineMap().getLineNumber(position);
        }
    }
}
