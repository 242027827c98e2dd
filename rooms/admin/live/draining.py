"""The admin's page on which a worker is drained: what will happen, and one button."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from rooms.admin.bases import RoomModelAdmin
from rooms.workers import sfu


def drain_address(worker: str) -> str:
    return f"{reverse('admin:rooms_drain')}?{urlencode({'worker': worker})}"


def drain_view(model_admin: RoomModelAdmin, request: HttpRequest) -> HttpResponse:
    """For those who may change rooms. GET asks, POST does it."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    try:
        workers = {worker.name: worker for worker in sfu.overview_now().workers}
        worker = workers.get(request.GET.get("worker", ""))
        if worker is None:
            messages.warning(request, _("This worker has ended. Choose one of those below."))
            return HttpResponseRedirect(reverse("admin:rooms_live"))
        if request.method == "POST":
            sfu.drain_now(worker.name)
            text = _("Worker %(worker)s lets its people move to other workers, then it ends.")
            messages.success(request, text % {"worker": worker.name})
            return HttpResponseRedirect(reverse("admin:rooms_live"))
    except sfu.Unavailable:
        messages.error(request, _("Redis does not answer, so no worker can be told anything."))
        return HttpResponseRedirect(reverse("admin:rooms_live"))
    others = [other for other in workers.values() if other is not worker and other.takes_rooms]
    context = model_admin.admin_site.each_context(request) | {
        "title": _("Drain %(worker)s") % {"worker": worker.name},
        "opts": model_admin.opts,
        "worker": worker,
        "alone": not others,
    }
    return TemplateResponse(request, "admin/rooms/room/drain.html", context)
