package dev.rollcall.examples;

import dev.rollcall.registry.resolver.NoEndpointsException;
import dev.rollcall.registry.resolver.ServiceAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import io.vertx.httpproxy.Body;
import io.vertx.httpproxy.MediaType;
import io.vertx.httpproxy.ProxyContext;
import io.vertx.httpproxy.ProxyInterceptor;
import io.vertx.httpproxy.ProxyRequest;
import io.vertx.httpproxy.ProxyResponse;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How {@code /<service>/<rest>} becomes a request for {@code /<rest>} to an instance of the service, and what is tried again.
 *
 * <p>Where no connection was to be had, nothing was sent: any request may be tried again elsewhere. A request that was sent
 * and not answered may have taken effect: it is tried again only if doing it twice is the same as doing it once and it has
 * no body, which would be gone.
 */
final class Forwarding implements ProxyInterceptor {

    private static final int MAX_TRIES = 3;
    private static final long PAUSE_MS = 20;
    private static final long ANSWER_TIMEOUT_MS = 30_000;
    private static final String TRY = "try";

    private static final Set<HttpMethod> IDEMPOTENT = Set.of(
            HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE, HttpMethod.PUT, HttpMethod.DELETE);

    private final Vertx vertx;
    private final boolean retries;
    private final GatewayStats stats;

    Forwarding(Vertx vertx, boolean retries, GatewayStats stats) {
        this.vertx = vertx;
        this.retries = retries;
        this.stats = stats;
    }

    /** One request on its way: to whom, how often tried, whether the last try got as far as a connection. */
    private static final class Try {

        private final ServiceAddress service;
        private final boolean repeatable;
        private int count;
        private boolean connected;

        Try(ServiceAddress service, boolean repeatable) {
            this.service = service;
            this.repeatable = repeatable;
        }

        boolean mayRepeat() {
            return count < MAX_TRIES && (!connected || repeatable);
        }
    }

    @Override
    public Future<ProxyResponse> handleProxyRequest(ProxyContext context) {
        stats.requests.increment();
        ProxyRequest request = context.request();
        String uri = request.getURI();
        int end = pathSegmentEnd(uri);
        String name = uri.substring(Math.min(1, end), end);
        if (!ServiceAddress.isValidName(name)) {
            return answer(context, new Problem(404, "No such route", "the path must begin with /<service>/"));
        }
        request.setURI(uri.startsWith("/", end) ? uri.substring(end) : "/" + uri.substring(end));
        boolean hasBody = hasBody(request.proxiedRequest());
        if (!hasBody) {
            // Lets the request be sent more than once; the paused, empty original still has to be read to its end.
            request.setBody(null);
            request.proxiedRequest().resume();
        }
        context.set(TRY, new Try(ServiceAddress.of(name), !hasBody && IDEMPOTENT.contains(request.getMethod())));
        return send(context);
    }

    /** Connects to an instance: what the proxy asks for before it sends anything. */
    Future<HttpClientRequest> connect(ProxyContext context) {
        Try current = context.get(TRY, Try.class);
        return context.client()
                .request(new RequestOptions().setServer(current.service).setIdleTimeout(ANSWER_TIMEOUT_MS))
                .onSuccess(connected -> current.connected = true);
    }

    private Future<ProxyResponse> send(ProxyContext context) {
        Try current = context.get(TRY, Try.class);
        current.count++;
        current.connected = false;
        return context.sendRequest().recover(failure -> {
            boolean hopeless = failure instanceof NoEndpointsException;
            if (retries && !hopeless && current.mayRepeat()) {
                stats.retried.increment();
                return current.connected ? afterPause(context) : send(context);
            }
            return answer(context, problem(current, failure));
        });
    }

    /**
     * When a process dies, all its connections break, one event after the other: a request sent on at once would likely go to
     * the next of them.
     */
    private Future<ProxyResponse> afterPause(ProxyContext context) {
        return vertx.timer(PAUSE_MS, TimeUnit.MILLISECONDS).compose(v -> send(context));
    }

    private static Problem problem(Try failed, Throwable failure) {
        String detail = failed.service.name() + ": " + failure.getMessage();
        if (failure instanceof NoEndpointsException || failure instanceof ConnectionPoolTooBusyException) {
            return new Problem(503, "Service unavailable", detail);
        }
        return new Problem(502, failed.connected ? "No answer" : "Cannot connect", detail);
    }

    private Future<ProxyResponse> answer(ProxyContext context, Problem problem) {
        stats.problems.increment();
        context.request().proxiedRequest().resume();
        return Future.succeededFuture(context.request()
                .response()
                .setStatusCode(problem.status())
                .setBody(Body.body(problem.body(), MediaType.parse(Problem.MEDIA_TYPE))));
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        return request.getHeader("transfer-encoding") != null || (length != null && !length.equals("0"));
    }

    private static int pathSegmentEnd(String uri) {
        int end = 1;
        while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
            end++;
        }
        return Math.min(end, uri.length());
    }
}
