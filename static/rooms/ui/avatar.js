import { initials } from '../room/people.js';
import { make } from './dom.js';

/**
 * The photo, or initials. Also if the photo does not load.
 *
 * @param {HTMLElement} avatar
 * @param {{name: string, photo: string}} of
 */
export function showAvatar(avatar, { name, photo }) {
  const shown = avatar.querySelector('img');
  if (photo && shown?.getAttribute('src') === photo) return;
  if (!photo || avatar.dataset.broken === photo) {
    avatar.textContent = initials(name);
    return;
  }
  const image = make('img');
  image.alt = '';
  image.onerror = () => {
    avatar.dataset.broken = photo;
    avatar.textContent = initials(name);
  };
  image.src = photo;
  avatar.replaceChildren(image);
}
