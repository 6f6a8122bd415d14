"""Calls, put together: the plane and its switchboard, the exchange, the desk of agents, and who may be called. Nothing
here is served to anybody yet."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from gateway.announcer import Announcer, announcing_performers
from gateway.api.sessions import Sessions
from gateway.audio import DeskSeats, audio_performers, tell_call, tell_desk
from gateway.foundations import Foundations, NotReady
from gateway.heard_lately import HeardLately
from gateway.invited_agent import InvitedAgent
from gateway.keeping import Keeping, start_keeping
from gateway.media.plane import Plane
from gateway.media.planes import PlaneMissing, open_plane
from gateway.media.prompt_library import PromptLibrary
from gateway.media.prompts import load_default_prompts
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.media.webrtc_switchboard import WebRtcSwitchboard
from gateway.permission_clock import PermissionClock
from gateway.push_ringing import PushRinging
from gateway.refusal_watch import RefusalWatch
from gateway.settings import Settings
from gateway.socket_server import relays_of
from gateway.sound_watch import SoundWatch
from gateway.sticky import sticky_performers
from gateway.watch import CallWatch
from gateway.work_kept import WorkKept
from signaling.agents.desk import Desk
from signaling.agents.namespace import AgentNamespace
from signaling.agents.pages import nobody_is_woken
from signaling.call import Call
from signaling.effects import CloseMedia, Effect, FindStickyAgent
from signaling.exchange import Exchange
from signaling.ids import AgentId, CallId
from signaling.invitations import Seals, invitation_in
from signaling.meta.graph_api import GraphApi
from signaling.meta.performers import meta_performers
from signaling.number_facts import MetaFacts
from signaling.permissions import Permissions, in_call
from signaling.placing import CallWish, Placing
from signaling.ports import Clock
from signaling.presence import Presence
from signaling.runner import Performer
from signaling.verdict import Refused
from store.contacts import SqlContactStore
from store.figures import SqlAgentWork
from store.permissions import SqlPermissionStore
from store.prompts_heard import SqlPromptsHeard
from store.push import SqlPush


@dataclass(frozen=True, slots=True)
class Telephony:
    """`ends`: looks at permissions that end. `sound`: whom nobody hears. Neither runs yet."""

    plane: Plane
    graph: GraphApi
    library: PromptLibrary
    keeping: Keeping
    sound: SoundWatch
    exchange: Exchange
    sessions: Sessions
    namespace: AgentNamespace
    push: PushRinging
    desk: Desk
    number_facts: MetaFacts
    permissions: Permissions
    ends: PermissionClock
    placing: Placing


async def put_calls_together(
    stack: AsyncExitStack, settings: Settings, ground: Foundations, http: aiohttp.ClientSession, clock: Clock
) -> Telephony:
    """Taken down with the stack: calls that are up are then ended at Meta.

    Raises NotReady, NeighbourError, OSError and NoPortFree (a media port is taken).
    """
    database, numbers, capacity = ground.database, ground.numbers, ground.capacity
    watch = CallWatch(ground.metrics)
    try:
        plane = open_plane(settings.plane, settings.media_threads)
    except PlaneMissing as missing:
        raise NotReady(f"RAMAL_PLANE=native, but {missing}") from None
    stack.callback(plane.close)

    # Audio, calls and desks tell each other things: these are called only when all parts stand.
    def on_leg(event: LegEvent) -> None:
        tell_call(exchange, event)

    def on_seat(event: SeatEvent) -> None:
        tell_desk(desk, event)

    def on_change(call: Call) -> None:
        keeping.recordings.saw(call)
        watch.saw(call)
        desk.call_changed(call)
        refusals.saw(call)

    def presence_of(agent: AgentId) -> Presence:
        return desk.presence_of(agent)

    async def place_call(wish: CallWish) -> CallId | Refused:
        return await placing.place_call(wish)

    switchboard = WebRtcSwitchboard(
        plane,
        settings.media_address,
        settings.media_port,
        settings.meta_ports,
        await load_default_prompts(),
        on_leg,
        on_seat,
    )
    stack.push_async_callback(switchboard.close)
    await switchboard.start()

    graph = GraphApi(
        http,
        settings.graph_url,
        settings.graph_version,
        numbers.token_of,
        clock,
        lookups_per_s=lambda number: numbers.limits_of(number).permission_reads_per_s,
    )
    library = PromptLibrary(settings.data_dir / "prompts")
    heard = HeardLately(SqlPromptsHeard(database))
    announcer = Announcer(switchboard, library, lambda: exchange.live_calls, clock, heard)
    keeping = await start_keeping(stack, settings, ground, switchboard, graph, http, clock)
    asked_elsewhere = sticky_performers(settings, ground.guarded, lambda: exchange.live_calls, presence_of, clock)
    performers: dict[type[Effect], Performer] = {
        FindStickyAgent: InvitedAgent(
            Seals(settings.secret_key), lambda: exchange.live_calls, presence_of, asked_elsewhere.get(FindStickyAgent)
        ),
        **meta_performers(graph, keeping.meta_files.options),
        **audio_performers(switchboard),
        **announcing_performers(announcer),
        **keeping.performers(),
    }
    sound = SoundWatch(switchboard, clock)
    performers[CloseMedia] = keeping.closing(sound.closing(performers[CloseMedia]))
    exchange = Exchange(
        calls=ground.calls,
        numbers=numbers,
        performers=performers,
        clock=clock,
        on_change=on_change,
        capacity=capacity,
        asks_for_agent=lambda payload: bool(asked_elsewhere) or invitation_in(payload) is not None,
    )

    sessions = Sessions(
        settings.secret_key,
        ground.people,
        clock,
        timedelta(hours=settings.session_hours),
        settings.public_url,
        takes_frames=bool(settings.embed_origins),
    )
    namespace = AgentNamespace(sessions.authenticate, clock, relays_of(settings))
    push = PushRinging(
        SqlPush(database, ground.secrets), ground.guarded, numbers, settings.public_url, settings.push_hosts, clock
    )
    stack.push_async_callback(push.close)
    work = WorkKept(SqlAgentWork(database))
    stack.push_async_callback(work.stop)
    number_facts = MetaFacts(graph, clock)
    stack.push_async_callback(number_facts.close)
    desk = Desk(
        calls=exchange,
        seats=DeskSeats(switchboard),
        numbers=numbers,
        emit=namespace.emit_message,
        clock=clock,
        place_call=place_call,
        knock=push.knock if settings.push else nobody_is_woken,
        shows_listening=settings.show_listening,
        use_of=lambda number: capacity.use_of(number, clock()),
        wrapped_up=work.note,
        restrictions_of=number_facts.restrictions_of,
    )
    namespace.desk = desk
    desk.start()
    stack.push_async_callback(desk.stop)
    stack.push_async_callback(exchange.close)

    permissions = Permissions(
        store=SqlPermissionStore(database),
        numbers=numbers,
        graph=graph,
        facts=number_facts,
        presence_of=presence_of,
        in_call=lambda number, customer: in_call(exchange.live_calls, number, customer),
        clock=clock,
    )
    permissions.listen(desk.permission_changed)
    ends = PermissionClock(permissions, clock, ground.courier.wake)
    permissions.listen(lambda _: ends.look())
    refusals = RefusalWatch(permissions, numbers)
    stack.push_async_callback(refusals.close)
    placing = Placing(
        exchange=exchange,
        calls=ground.calls,
        numbers=numbers,
        contacts=SqlContactStore(database),
        permission=permissions,
        capacity=capacity,
        clock=clock,
    )
    return Telephony(
        plane=plane,
        graph=graph,
        library=library,
        keeping=keeping,
        sound=sound,
        exchange=exchange,
        sessions=sessions,
        namespace=namespace,
        push=push,
        desk=desk,
        number_facts=number_facts,
        permissions=permissions,
        ends=ends,
        placing=placing,
    )
