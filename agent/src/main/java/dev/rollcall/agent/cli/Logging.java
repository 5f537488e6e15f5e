package dev.rollcall.agent.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.rollcall.agent.config.LogFormat;
import dev.rollcall.agent.config.LogLevel;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go and how they look: standard error, for people or for machines. Set up in code, because reading
 * logback's XML would take a good part of an agent's start; {@code -Dlogback.configurationFile} still has the last word.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    /** Time with its offset, severity, who speaks, what. A message stays on its line, whoever chose its words. */
    private static final String TEXT = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: "
            + "%replace(%msg){'[\\r\\n]+', ' '}%replace( %kvp{NONE}){'^ $', ''}%n";

    /** Libraries that tell the story of their own life at info. */
    private static final List<String> CHATTY = List.of("io.vertx", "io.netty", "com.hazelcast", "io.micrometer");

    /** Used by logback, by way of its service file. */
    public Logging() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (replaced()) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        configure(context, LogFormat.TEXT, LogLevel.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Logs like this from now on. */
    static void configure(LogFormat format, LogLevel level) {
        if (!replaced() && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            configure(context, format, level);
        }
    }

    private static void configure(LoggerContext context, LogFormat format, LogLevel level) {
        context.reset();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder(context, format));
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(Level.valueOf(level.name()));
        for (String chatty : CHATTY) {
            context.getLogger(chatty).setLevel(level == LogLevel.ERROR ? Level.ERROR : Level.WARN);
        }
        // A connection that comes in while the agent stops is no news, and this would tell it with a stack trace.
        context.getLogger("io.netty.bootstrap").setLevel(Level.ERROR);
    }

    private static Encoder<ILoggingEvent> encoder(LoggerContext context, LogFormat format) {
        if (format == LogFormat.JSON) {
            JsonLines encoder = new JsonLines();
            encoder.setContext(context);
            encoder.start();
            return encoder;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(TEXT);
        encoder.start();
        return encoder;
    }

    private static boolean replaced() {
        return System.getProperty("logback.configurationFile") != null;
    }
}
