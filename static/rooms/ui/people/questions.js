import { text } from '../../common/texts.js';
import { byId } from '../dom.js';

/**
 * @typedef {{
 *   title: string,
 *   words?: string,
 *   yes: string,
 *   danger?: boolean,
 *   check?: string,
 *   field?: string,
 * }} Question `check`: the words of a check box, which is checked at first; `field`: the name of a
 *   text field that has to be filled in
 * @typedef {{checked: boolean, typed: string}} Answer
 */

/** Asks before an act. A modal dialog gives the focus back by itself. */
export class Questions {
  constructor() {
    this._dialog = byId('question', HTMLDialogElement);
    this._title = byId('question-title', HTMLElement);
    this._words = byId('question-words', HTMLElement);
    this._check = byId('question-check', HTMLInputElement);
    this._checkWords = byId('question-check-words', HTMLElement);
    this._field = byId('question-field', HTMLInputElement);
    this._fieldName = byId('question-field-name', HTMLElement);
    this._yes = byId('question-yes', HTMLButtonElement);
    byId('question-cancel', HTMLButtonElement).onclick = () => this.close();
    byId('question-form', HTMLFormElement).onsubmit = () => {
      this._answered = { checked: this._check.checked, typed: this._field.value.trim() };
    };
    /** @type {Answer | null} */
    this._answered = null;
  }

  close() {
    this._dialog.close();
  }

  /**
   * @param {Question} question
   * @param {(answer: Answer) => void} act on yes
   */
  ask({ title, words = '', yes, danger = false, check = '', field = '' }, act) {
    this.close();
    this._answered = null;
    this._title.textContent = title;
    this._words.textContent = words;
    this._words.hidden = !words;
    show(this._check, this._checkWords, check);
    this._check.checked = true;
    show(this._field, this._fieldName, field);
    this._field.value = '';
    this._field.required = Boolean(field);
    this._yes.textContent = yes;
    this._yes.classList.toggle('danger', danger);
    this._yes.classList.toggle('primary', !danger);
    this._dialog.onclose = () => {
      const answer = this._answered;
      this._answered = null;
      if (answer) act(answer);
    };
    this._dialog.showModal();
    (field ? this._field : byId('question-cancel', HTMLButtonElement)).focus();
  }

  /**
   * A name for someone who gave none.
   *
   * @param {string} name that they have now
   * @param {(name: string) => void} act
   */
  askName(name, act) {
    const question = {
      title: text('people.rename.title', { name }),
      yes: text('people.rename.yes'),
      field: text('people.rename.field'),
    };
    this.ask(question, ({ typed }) => typed && act(typed));
  }
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} words
 * @param {string} text '': not part of this question
 */
function show(input, words, text) {
  words.textContent = text;
  const label = words.closest('label, .field');
  if (label instanceof HTMLElement) label.hidden = !text;
}
