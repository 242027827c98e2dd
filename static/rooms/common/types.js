// The types of the page's configuration and of the protocol. For their meaning see docs/protocol.md
// and sfu_worker/wire/.

/**
 * @typedef {'microphone' | 'camera' | 'screen' | 'screen-audio'} Source
 * @typedef {'auto' | 'motion' | 'detail'} Mode what matters most in a video: nothing in particular,
 *   movement, sharpness
 *
 * @typedef {object} Config
 * @property {{slug: string, title: string, description: string}} room
 * @property {string} role
 * @property {boolean} publish may this person send sound and video?
 * @property {string} name the name that is known, or ''
 * @property {string} pass
 * @property {string} address path of this page without an invite
 * @property {string} ws path of the WebSocket
 * @property {RTCIceServer[]} ice_servers
 * @property {number} max_bitrate bits per second that one video may take in this room
 * @property {{call: string | null, notes: string | null, open_notes: string | null}} links `notes`:
 *   null for people who have to wait before they may come in
 * @property {{provider: string, chat: boolean, chat_limit: number}} notes `chat_limit`: characters
 *   of a line
 * @property {{url: string, key: string} | null} whip address and key for OBS; the template shows
 *   them
 * @property {{origins: string[], names: boolean}} embed sites that may show the page in a frame,
 *   and whether they may learn the names of the people
 * @property {string} present address that says who is in the call
 * @property {string} reach address that says how a worker is reached
 * @property {Record<string, string>} texts
 *
 * @typedef {{
 *   id: string, name: string, role: string, stream: boolean, link: string, photo: string,
 *   hand?: number, unnamed?: boolean,
 * }} Person `link`: the person's own site, or ''; `photo`: a path of this site, or '';
 *   `hand`: 0 while it is down, otherwise the lower the earlier; `unnamed`: they gave no name
 * @typedef {{
 *   id: string, participant: string, source: Source, kind: string, muted: boolean, codec: string,
 * }} Track
 * @typedef {{
 *   mid: string, track: string | null, height: number, priority: number, voices?: boolean,
 * }} SlotRequest `voices`: for anyone who speaks and is in no other slot
 * @typedef {{
 *   number: number, nonce: string, participant: string, name: string, text: string, sent: string,
 *   reply_to: number | null, edited: boolean, deleted: boolean, changed_by: string, change: number,
 * }} ChatLine `reply_to`: number of the line that it answers; `changed_by`: who changed or deleted
 *   it, or '' if that was its author
 *
 * @typedef {'microphone' | 'camera' | 'screen'} Held what a host can mute or stop
 * @typedef {{sources: Partial<Record<Held, number>>, bound: Held[]}} HeldSources `sources`: with
 *   the number of the host's act; `bound`: those that only a host can allow again
 * @typedef {{locked: boolean, mics_held: boolean, waiting_room: string}} RoomSettings
 * @typedef {{
 *   participant: string, name: string, since: number, link: string, photo: string,
 * }} Waiter someone who waits to be let in
 *
 * @typedef {{
 *   type: 'welcome',
 *   participant: string,
 *   resume: string,
 *   role: string,
 *   publish: boolean,
 *   chat_number: number,
 *   chat_change: number,
 *   held?: HeldSources,
 *   settings?: RoomSettings,
 * }} Welcome
 * @typedef {{
 *   type: 'room_state',
 *   room: string,
 *   epoch: string,
 *   n: number,
 *   you: string,
 *   people: Person[],
 *   tracks: Track[],
 *   speakers: string[],
 *   resumed: boolean,
 * }} RoomStateEvent
 * @typedef {{type: 'answer', sdp: string, id: number, ice_session: string}} Answer
 * @typedef {{
 *   type: 'slot_bound', mid: string, track: string, layer: string, limit: string,
 * }} SlotBound
 * @typedef {{type: 'slot_paused', mid: string, track: string, why: string}} SlotPaused
 * @typedef {{type: 'layers_wanted', source: Source, rids: string[]}} LayersWanted
 * @typedef {{type: 'codecs_common', codecs: string[]}} CodecsCommon
 * @typedef {{type: 'refused', command: string, code: string, detail: string}} Refused
 * @typedef {{type: 'removed', why: string}} Removed
 * @typedef {{
 *   type: 'participant_joined', epoch: string, n: number, person: Person,
 * }} ParticipantJoined
 * @typedef {{
 *   type: 'participant_changed', epoch: string, n: number, person: Person,
 * }} ParticipantChanged
 * @typedef {{
 *   type: 'participant_left', epoch: string, n: number, participant: string,
 * }} ParticipantLeft
 * @typedef {{type: 'track_published', epoch: string, n: number, track: Track}} TrackPublished
 * @typedef {{
 *   type: 'track_muted', epoch: string, n: number, track: string, muted: boolean,
 * }} TrackMuted
 * @typedef {{type: 'track_unpublished', epoch: string, n: number, track: string}} TrackUnpublished
 * @typedef {{
 *   type: 'speakers_changed', epoch: string, n: number, speakers: string[],
 * }} SpeakersChanged
 * @typedef {ParticipantJoined | ParticipantChanged | ParticipantLeft | TrackPublished | TrackMuted
 *   | TrackUnpublished | SpeakersChanged} RoomEvent
 * @typedef {{type: 'chat_line'} & ChatLine} ChatLineEvent
 * @typedef {{
 *   type: 'chat_lines', since: number, lines: ChatLine[], more: boolean,
 *   since_change: number | null, changed: ChatLine[], change: number,
 * }} ChatLines
 * @typedef {{type: 'pass', pass: string, resume: string}} PassEvent
 * @typedef {{type: 'role', role: string, publish: boolean, by?: string}} RoleEvent `by`, here and
 *   below: the name of the host who did it, or ''
 * @typedef {{type: 'held', by: string} & HeldSources} HeldEvent
 * @typedef {{type: 'room_settings'} & RoomSettings} RoomSettingsEvent
 * @typedef {{type: 'asked', source: Held, by: string}} Asked
 * @typedef {{type: 'hand_lowered', by: string}} HandLowered
 * @typedef {{type: 'reaction', participant: string, kind: string}} Reaction
 * @typedef {{type: 'waiting', host: boolean}} WaitingEvent `host`: is one in the call?
 * @typedef {{type: 'waiting_list', people: Waiter[]}} WaitingList
 * @typedef {Welcome | HeldEvent | RoomSettingsEvent | WaitingList} HostingEvent
 * @typedef {{type: 'link', link: string | null, note: string, fresh: boolean}} LinkEvent `fresh`:
 *   replaces a link that was stopped
 * @typedef {{
 *   type: 'link_of',
 *   participant: string,
 *   state: 'open' | 'closed' | 'none',
 *   others: string[],
 *   more: number,
 * }} LinkOfEvent
 * @typedef {{
 *   type: 'notes_link', link: string, own: string, frame: string, check: string,
 * }} NotesLinkEvent `link` is to be handed out, `own` is this person's; `check`: an address that
 *   redirects while the notes are available, or ''
 * @typedef {{type: 'notes_changed'}} NotesChanged
 * @typedef {{type: 'worker_lost'}} WorkerLost
 * @typedef {{
 *   type: 'error', code: string, message: string, nonce?: string, number?: number,
 * }} ErrorEvent `nonce`: of the refused chat line; `number`: of a line whose change was refused
 * @typedef {Welcome | RoomStateEvent | Answer | Reaction | SlotBound | SlotPaused | LayersWanted |
 *   CodecsCommon | Refused | Removed | RoomEvent | ChatLineEvent | ChatLines | PassEvent |
 *   RoleEvent | HeldEvent | RoomSettingsEvent | Asked | HandLowered | WaitingEvent | WaitingList |
 *   LinkEvent | LinkOfEvent | NotesLinkEvent | NotesChanged | WorkerLost |
 *   ErrorEvent} ServerMessage
 */

export {};
