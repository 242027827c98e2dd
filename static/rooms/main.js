import { parseConfig } from './common/config.js';
import { text, useTexts } from './common/texts.js';
import { LocalMedia } from './media/local_media.js';
import { noticeMutedSpeech } from './media/muted_speech.js';
import { Call } from './room/call.js';
import { NotesLinks } from './room/notes_links.js';
import { announce, toast } from './ui/announce.js';
import { showBanner } from './ui/banner.js';
import { ChatPanel } from './ui/chat/chat_panel.js';
import { handButton } from './ui/controls/hand.js';
import { fitBar } from './ui/controls/bar.js';
import { controls } from './ui/controls/controls.js';
import { effectsControls } from './ui/controls/effects.js';
import { deviceBanner } from './ui/controls/device_problems.js';
import { copyButtons, links } from './ui/controls/link_buttons.js';
import { divider, split, tabs } from './ui/controls/panels.js';
import { pushToTalk } from './ui/controls/push_to_talk.js';
import { followRole } from './ui/controls/role.js';
import { audioOutput, speakerMenu } from './ui/controls/speaker_menu.js';
import { byId, configText, pageAddress, showStage } from './ui/dom.js';
import { bringBack } from './ui/entry/come_back.js';
import { showEnd } from './ui/entry/end.js';
import { tellInsecure } from './ui/entry/insecure.js';
import { Lobby } from './ui/entry/lobby.js';
import { Presence } from './ui/entry/presence.js';
import { Queue } from './ui/entry/queue.js';
import { ReachCheck } from './ui/entry/reach.js';
import { speakerTest } from './ui/entry/speaker_test.js';
import { Frame } from './ui/frame/frame.js';
import { offerOwnTab } from './ui/frame/own_tab.js';
import { linkTexts } from './ui/linked.js';
import { NotesFrame } from './ui/notes/notes_frame.js';
import { Notice } from './ui/notice.js';
import { ActsMenu } from './ui/people/acts_menu.js';
import { hearKnocks } from './ui/people/knock.js';
import { PeoplePanel } from './ui/people/people_panel.js';
import { Questions } from './ui/people/questions.js';
import { RemoveDialog } from './ui/people/remove.js';
import { hearAsked, mayStart, tellHeld } from './ui/people/told.js';
import { followScreen } from './ui/screen.js';
import { press, shortcuts } from './ui/shortcuts.js';
import { shortcutsSheet } from './ui/shortcuts_sheet.js';
import { afterFirstFrame } from './ui/tiles/first_frame.js';
import { Tiles } from './ui/tiles/tiles.js';
import { closeMore } from './ui/views/more.js';
import { views } from './ui/views/views.js';

const config = parseConfig(configText(), pageAddress());
useTexts(config.texts);
const local = new LocalMedia();
copyButtons();
linkTexts();
offerOwnTab();
// At once: the page around it says hello when this one has loaded, and says it once.
const frame = new Frame(config, local);
const reach = new ReachCheck(config);
new Presence(config);
const output = audioOutput(local);
speakerTest(() => output.inUse);
effectsControls(local);
// A page without devices gets a listener's lobby.
const lobby = new Lobby(tellInsecure() ? { ...config, publish: false } : config, local, start);
void bringBack(lobby, local);

/**
 * @param {string} name
 * @param {import('./media/devices.js').DeviceError[]} failed devices that did not open
 */
function start(name, failed) {
  reach.stop();
  const call = new Call(config, local);
  showStage('call');
  byId('call-title', HTMLElement).focus();
  divider();
  split();
  controls(local, (source) => mayStart(call, source));
  fitBar();
  followScreen();
  const notesLinks = new NotesLinks(call, config.notes.provider);
  const notesFrame = new NotesFrame(notesLinks, name);
  links(call, notesLinks, name);
  const chat = config.notes.chat ? new ChatPanel(call, config) : null;
  const questions = new Questions();
  const removal = new RemoveDialog(call);
  const menu = new ActsMenu(call, removal, questions);
  const panel = new PeoplePanel(call, local, questions, menu);
  const tiles = new Tiles(call, local, removal, menu);
  tabs((view) => {
    if (view === 'chat') chat?.opened();
    panel.render();
    tiles.render();
  });
  tell(call, name);
  frame.start(call);
  const hand = handButton(call);
  const sheet = shortcutsSheet(closeMore);
  const [m, v, s] = [press('microphone'), press('camera'), press('share')];
  shortcuts({ m, v, s, h: hand, '?': sheet });
  pushToTalk(local, () => mayStart(call, 'microphone'));
  followRole(call);
  views(call);
  speakerMenu(output, call);
  tellHeld(call);
  hearAsked(call);
  hearKnocks(call, panel);
  call.on('ended', () => questions.close());
  if (config.publish) noticeMutedSpeech(local, () => toast(text('call.you_are_muted')));
  // What nobody needs at once must not delay the others' sound and pictures.
  afterFirstFrame(call, () => {
    void notesFrame.open();
    void import('./extras.js').then(({ extras }) => extras(call, tiles));
  });
  globalThis.addEventListener('pagehide', () => call.leave());
  byId('leave', HTMLButtonElement).onclick = () => call.leave();
  call.join(name);
  if (failed.length) deviceBanner(local)(...failed);
}

/**
 * Says in words what happens in the call.
 *
 * @param {Call} call
 * @param {string} name
 */
function tell(call, name) {
  call.on('joined', ({ name }) => announce(text('call.joined', { name })));
  call.on('hand', ({ id, name }) => {
    if (id !== call.room.you) announce(text('call.hand_of', { name }));
  });
  call.on('left', ({ name }) => announce(text('call.left', { name })));
  const notice = new Notice();
  const queue = new Queue();
  call.on('condition', (condition) => {
    const entered = call.entered || !condition;
    queue.show(entered ? '' : condition);
    notice.show(entered ? condition : '');
  });
  call.on('problem', (words) => showBanner('problem', words));
  call.on('ended', ({ why, message, devices }) => {
    queue.show('');
    notice.close();
    showEnd(why, message, { name, ...devices });
  });
}
